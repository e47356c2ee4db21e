/** One installation that runs a scripted job, with readers who search meanwhile. */
import type { JobState } from '../../src/jobs/job';
import { findJob } from '../../src/jobs/job-store';
import { isForeignText } from './document-calls';
import { type JobSite, READER, type Snapshot } from './job-site';
import { keysByKind, libraryState, unnamedKeys } from './library-state';
import { LIBRARY, QUERIES, type ScriptedJob, TEXTS_PER_BATCH } from './scripted-jobs';

/** What an installation holds at some point. */
interface Standing {
  state: string;
  keys: string;
}

/** What an undisturbed run is and comes to. */
export interface Reference {
  job: ScriptedJob;
  base: Snapshot | undefined;
  startMs: number | undefined;
  /** Kind and path of every call, in order: first those of the job, then of clearing away. */
  calls: string[];
  callsOfJob: number;
  /** Answers of searches, before the job and after it. */
  before: string[];
  after: string[];
  texts: string[];
  /** Outcome and counts, as the job's page shows them. */
  counts: string;
  ended: Standing;
  cleared: Standing;
  snapshot: Snapshot;
  endMs: number;
}

export class JobRun {
  #jobId = '';
  #deliveries = 0;
  /** Queries whose answer was that of the new generation. */
  #isNew = QUERIES.map(() => false);
  #reads: Promise<void>[] = [];
  readonly #problems: string[] = [];

  constructor(
    private readonly site: JobSite,
    readonly installation: string,
    private readonly job: ScriptedJob,
    private readonly base: Snapshot | undefined,
    private readonly reference?: Reference,
  ) {}

  /** Everything before the job is started. */
  async prepare(): Promise<void> {
    await this.site.install(this.installation, this.base);
    const { request, documents } = this.job;
    const created = await this.#page('createJob', {
      library: LIBRARY,
      embedder: 'openai',
      ...request,
    });
    this.#jobId = created.jobId;
    const pieces = Object.entries(documents).map(([name, text]) => ({
      name,
      part: 0,
      parts: 1,
      content: Buffer.from(text).toString('base64'),
    }));
    await this.#page('stageDocuments', { jobId: this.#jobId, call: 0, documents: pieces });
  }

  /** As a page does, which tries again when a call of it failed. */
  async start(): Promise<void> {
    const payload = { jobId: this.#jobId, calls: 1 };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        const { ok } = await this.site.call(this.installation, 'startJob', payload);
        if (ok) return;
      } catch {
        // The function died.
      }
    }
    this.#problems.push('the job could not be started');
  }

  async isOver(): Promise<boolean> {
    const { state, isClean } = await this.#state();
    return state !== 'queued' && state !== 'running' && isClean;
  }

  /** A delivery or a trigger has ended: readers look now and then, and always after a failure. */
  seen(outcome: string): void {
    this.#deliveries += 1;
    if (outcome !== 'done' || this.#deliveries % 8 === 0) this.readMeanwhile();
  }

  readMeanwhile(): void {
    this.#reads.push(this.read());
  }

  /** Searches, and compares what is found with the two generations that may be found. */
  async read(): Promise<void> {
    const { reference } = this;
    if (reference === undefined) return;
    const wasNew = [...this.#isNew];
    const answers = await this.searchAll();
    for (const [i, answer] of answers.entries()) {
      const before = reference.before[i];
      const after = reference.after[i];
      if (answer === after) this.#isNew[i] ||= after !== before;
      else if (answer !== before) this.#problems.push(`"${QUERIES[i]}" found ${answer}`);
      else if (wasNew[i]) this.#problems.push(`"${QUERIES[i]}" found the old generation again`);
    }
  }

  /** What every query finds, or the code of its error. */
  searchAll(): Promise<string[]> {
    return Promise.all(
      QUERIES.map(async (text) => {
        const payload = { library: LIBRARY, text, k: 50 };
        const answer = await this.site.call(this.installation, 'search', payload, READER);
        return answer.ok ? JSON.stringify(answer.result, inDigits) : (answer.error?.code ?? '');
      }),
    );
  }

  /** Texts of documents that the provider has embedded. */
  texts(): string[] {
    const calls = this.site.embedded(this.installation);
    const texts = calls.filter(([first = '']) => !QUERIES.includes(first)).flat();
    return texts.filter((text) => !isForeignText(text));
  }

  async standing(): Promise<Standing> {
    const { site, installation } = this;
    const state = await libraryState(await site.stored(installation));
    return { state, keys: await keysByKind(site, installation) };
  }

  async counts(): Promise<string> {
    const { state, documents, chunks, generation, chunksLive, error } = await this.#state();
    return JSON.stringify({ state, documents, chunks, generation, chunksLive, error });
  }

  /** Whether the job has left what the undisturbed one left, and nothing more. */
  async isTidy({ ended }: Reference): Promise<boolean> {
    const { keys } = await this.standing();
    return keys === ended.keys && (await unnamedKeys(this.site, this.installation)).length === 0;
  }

  /** Everything that is not as in the undisturbed run. */
  async judge(reference: Reference, expected: Standing): Promise<string[]> {
    await Promise.all(this.#reads);
    const problems = [...this.#problems];
    const { state, keys } = await this.standing();
    const compare = (what: string, found: string, wanted: string) => {
      if (found !== wanted) problems.push(differ(what, found, wanted));
    };
    compare('state', state, expected.state);
    compare('keys', keys, expected.keys);
    compare('counts', await this.counts(), reference.counts);
    const unnamed = await unnamedKeys(this.site, this.installation);
    if (unnamed.length > 0) problems.push(`nothing names ${unnamed.join(', ')}`);
    const texts = this.texts().length;
    if (texts > reference.texts.length + TEXTS_PER_BATCH) {
      problems.push(`embedded ${texts} texts, undisturbed ${reference.texts.length}`);
    }
    return problems;
  }

  async #state(): Promise<JobState> {
    const { entities } = await this.site.stored(this.installation);
    return (await findJob(entities, this.#jobId)).state;
  }

  async #page(functionKey: string, payload: object) {
    const answer = await this.site.call(this.installation, functionKey, payload, READER);
    if (!answer.ok) throw new Error(`${functionKey}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }
}

/** Sums of the same numbers in another order differ in their last digits. */
function inDigits(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value;
}

function differ(what: string, found: string, expected: string): string {
  const lines = (text: string) => new Set(text.split('\n'));
  const [ours, theirs] = [lines(found), lines(expected)];
  const more = [...ours].filter((line) => !theirs.has(line)).join(' | ');
  const less = [...theirs].filter((line) => !ours.has(line)).join(' | ');
  return `${what} is ${more.slice(0, 600)} instead of ${less.slice(0, 600)}`;
}
