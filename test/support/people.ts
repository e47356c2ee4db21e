/** What people do in a simulated schedule: they press buttons of the page, and they search. */
import { GroundworkError } from '../../src/errors';
import { rankChunks } from '../../src/retrieval/search';
import type { GenerationBook } from './generations';
import { type JobSite, openJobSite, READER, type Snapshot } from './job-site';
import { baseDocuments, type Deed, DIMENSIONS, LIBRARIES, type PlannedJob } from './schedule';

/** The installation of all schedules. */
export const HOME = 'acme';
export const QUERY = 'release approval canteen';
/** Times that a button is pressed. */
const TRIES_MAX = 6;

/** A job as its page and the test know it. */
export interface SimulatedJob extends PlannedJob {
  jobId: string;
  isStarted: boolean;
}

let base: Promise<Snapshot> | undefined;

/** Both libraries with the documents that some schedules start from. */
export function baseSnapshot(): Promise<Snapshot> {
  base ??= makeBase();
  return base;
}

async function makeBase(): Promise<Snapshot> {
  const site = await openJobSite({ seed: 1 });
  await site.install(HOME);
  for (const library of LIBRARIES) {
    const request = { library, embedder: 'openai', dimensions: DIMENSIONS };
    const jobId = await stage(site, request, baseDocuments());
    await site.call(HOME, 'startJob', { jobId, calls: 1 });
    await site.platform.events.runUntilIdle();
  }
  const snapshot = await site.snapshot(HOME);
  await site.close();
  return snapshot;
}

export async function stage(
  site: JobSite,
  request: object,
  documents: ReadonlyMap<string, string>,
): Promise<string> {
  const { jobId } = (await site.call(HOME, 'createJob', request, READER)).result;
  const pieces = [...documents].map(([name, text]) => {
    const content = Buffer.from(text).toString('base64');
    return { name, part: 0, parts: 1, content };
  });
  await site.call(HOME, 'stageDocuments', { jobId, call: 0, documents: pieces }, READER);
  return jobId;
}

export class People {
  readonly problems: string[] = [];
  reads = 0;

  constructor(
    private readonly site: JobSite,
    private readonly book: GenerationBook,
    private readonly jobs: readonly SimulatedJob[],
  ) {}

  async act(deed: Deed): Promise<void> {
    switch (deed.type) {
      case 'start': {
        const job = this.jobs[deed.job] as SimulatedJob;
        await this.press('startJob', { jobId: job.jobId, calls: 1, confirm: job.confirm });
        job.isStarted = true;
        return;
      }
      case 'pause':
      case 'resume':
      case 'cancel':
        await this.press(`${deed.type}Job`, { jobId: this.jobs[deed.job]?.jobId });
        return;
      case 'search':
        await this.search(deed.library);
        return;
      case 'delete':
        await this.#quietly('delete', { library: 'rules', document: deed.document });
        return;
      case 'restore':
        await this.#quietly('restoreLibrary', { library: 'rules' });
        return;
    }
  }

  /** A button of the page: pressed again when the call failed, whatever came of it. */
  async press(functionKey: string, payload: object): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      try {
        const answer = await this.site.call(HOME, functionKey, payload);
        if (answer.ok || answer.error?.retryable !== true) return;
      } catch {
        // The function died.
      }
    }
  }

  /** Deletions and restorings lose races at times, which their page says. */
  async #quietly(functionKey: string, payload: object): Promise<void> {
    await this.site.call(HOME, functionKey, payload, READER);
  }

  /** Finds one generation whole: the one live when it began, when it ended, or one between. */
  async search(library: string): Promise<void> {
    const from = this.book.of(library).length;
    // The ranking, as a search leaves out what others say too.
    const request = { text: QUERY, scope: { library }, k: 100 };
    const ranking = this.site.inside(HOME, (platform) => rankChunks(platform, request));
    const hits = await ranking.catch((error: unknown) => error);
    this.reads += 1;
    const possible = this.book.of(library).slice(Math.max(0, from - 1));
    if (!Array.isArray(hits)) {
      const isUnknown = GroundworkError.isInstance(hits) && hits.code === 'library_unknown';
      if (!isUnknown || from > 0) this.problems.push(`a search of ${library}: ${hits}`);
      return;
    }
    const found = hits.map(({ document, start, end }) => `${document} ${start}-${end}`);
    const text = found.sort().join();
    if (possible.some((generation) => this.book.chunksOf(generation) === text)) return;
    this.problems.push(`a search of ${library} found ${text || 'nothing'}, no generation`);
  }
}
