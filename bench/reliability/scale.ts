/**
 * Indexing on the local platform at a given size: real quotas, latency by the model of the other
 * benches, and a clock that moves only as far as somebody waits. What it takes is what Forge would
 * need by that model, whatever this machine is busy with.
 */

import { hashedEmbedding } from '../../emulator/providers/hashed-embedding';
import type { KvsService } from '../../emulator/types';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { seededRandom } from '../../src/quantization/seeded-random';
import { openJobSite, PROVIDER_SEED } from '../../test/support/job-site';
import { WORDS } from '../vectors/words';

/** The model that bench vectors states: 25 ms a round trip and 60 MB/s. */
const LATENCY = { requestMs: 25, bytesPerMs: 60_000 };
/** What a call of the provider takes: on the slow side of recorded ones. */
const PROVIDER_MS = 600;
const MINUTE_MS = 60_000;
/** Sections of a document; each is one chunk. */
const SECTIONS = 40;
const SECTION_CHARACTERS = 1_100;
/** Words that a document is made of, and those of a sentence. */
const DOCUMENT_WORDS = 40;
const SENTENCE_WORDS = 10;
const DOCUMENTS_PER_CALL = 6;
/** Of the library that refinements search, indexed before the job is. */
const HANDBOOK_CHUNKS = 2_000;
const INSTALLATION = 'acme';
/** Items that are refined, one after another. */
const ITEMS = 20;
const HOURS_MAX = 24;

export interface ScaleOptions {
  chunks: number;
  dimensions: number;
  /** Refinements a minute beside the job. */
  refinements: number;
}

export interface ScaleReport {
  chunks: number;
  dimensions: number;
  refinements: number;
  /** From the start of the job to its end, by the clock of the platform. */
  minutes: number;
  readUnits: number;
  writeUnits: number;
  /** The most units of any sixty seconds, of everything together. */
  readUnitsMinuteMax: number;
  writeUnitsMinuteMax: number;
  /** Requests that the store refused by its quotas. */
  throttled: number;
  refined: number;
  refinementsFailed: number;
  state: string;
}

export async function indexAtScale(options: ScaleOptions): Promise<ScaleReport> {
  const { chunks, dimensions, refinements } = options;
  const traffic = createTraffic();
  let sleep: (ms: number) => Promise<void> = async () => undefined;
  const site = await openJobSite({
    latency: LATENCY,
    settings: { enforceQuotas: true },
    events: { parallel: 8 },
    issues: itemsToRefine(),
    provider: (genuine) => localProvider(genuine, () => sleep(PROVIDER_MS)),
    storage: (service) => traffic.watch(service, () => site.clock.now()),
  });
  sleep = (ms) => site.clock.sleep(ms);
  try {
    await site.clock.drive(site.install(INSTALLATION));
    const ask = async (name: string, payload: unknown) => {
      const answer = await site.clock.drive(site.call(INSTALLATION, name, payload));
      if (!answer.ok) throw new Error(`${name}: ${answer.error?.code}`);
      return answer.result;
    };
    const ready = async (library: string, count: number) => {
      const { jobId } = await ask('createJob', { library, embedder: 'openai', dimensions });
      const documents = documentsOf(count);
      let calls = 0;
      for (let first = 0; first < documents.length; first += DOCUMENTS_PER_CALL) {
        const part = documents.slice(first, first + DOCUMENTS_PER_CALL);
        await ask('stageDocuments', { jobId, call: calls, documents: part });
        calls += 1;
        // A page sends call after call; a minute's quota of writes takes some 90 of them.
        await site.clock.advance(1_000);
      }
      await site.clock.advance(MINUTE_MS);
      return { jobId, calls, confirm: false };
    };
    const wait = (ms: number) => site.platform.runFor(ms, { installations: [INSTALLATION] });
    const stateOf = async (jobId: string) => (await ask('jobProgress', { jobId })).state as string;
    const handbook = await ready('handbook', HANDBOOK_CHUNKS);
    await ask('startJob', handbook);
    while (!isOver(await stateOf(handbook.jobId))) await wait(MINUTE_MS);
    const job = await ready('rules', chunks);
    const { jobId } = job;
    traffic.reset();
    const startedAt = site.clock.now();
    await ask('startJob', job);
    let [refined, refinementsFailed, state] = [0, 0, 'queued'];
    const gap = refinements === 0 ? MINUTE_MS : MINUTE_MS / refinements;
    while (!isOver(state)) {
      await wait(gap);
      if (refinements > 0) {
        const section = { issueKey: `PAY-${1 + (refined % ITEMS)}` };
        const refining = site.call(INSTALLATION, 'promptSection', section);
        const answer = await site.clock.drive(refining);
        refined += 1;
        if (!answer.ok) refinementsFailed += 1;
      }
      state = await stateOf(jobId);
      if (site.clock.now() - startedAt > HOURS_MAX * 60 * MINUTE_MS) break;
    }
    const { createdAt: _, updatedAt } = await ask('jobProgress', { jobId });
    return {
      ...options,
      minutes: Number(((updatedAt - startedAt) / MINUTE_MS).toFixed(1)),
      ...traffic.report(),
      refined,
      refinementsFailed,
      state,
    };
  } finally {
    await site.close();
  }
}

function isOver(state: string): boolean {
  return state === 'done' || state === 'failed';
}

/** Items about what some of the documents are about. */
function itemsToRefine() {
  return Array.from({ length: ITEMS }, (_, i) => {
    const [summary = '', ...sentences] = sectionOf(i, SECTIONS).split('. ');
    const description = sentences.slice(0, 4).join('. ');
    return { key: `PAY-${1 + i}`, type: 'Story', summary, description };
  });
}

function documentsOf(chunks: number) {
  const documents = [];
  for (let first = 0; first < chunks; first += SECTIONS) {
    const number = first / SECTIONS;
    const count = Math.min(SECTIONS, chunks - first);
    const sections = Array.from(
      { length: count },
      (_, i) => `## Section ${first + i}\n\n${sectionOf(number, i)}`,
    );
    const content = Buffer.from(sections.join('\n\n')).toString('base64');
    documents.push({ name: `part-${number}.md`, part: 0, parts: 1, content });
  }
  return documents;
}

/** Sentences of the words of one document, so that its sections are nearer to each other. */
function sectionOf(document: number, section: number): string {
  const ofDocument = seededRandom(document);
  const words = Array.from({ length: DOCUMENT_WORDS }, () => drawn(WORDS, ofDocument));
  const random = seededRandom(document * SECTIONS + section + 1);
  let text = '';
  while (text.length < SECTION_CHARACTERS) {
    text += Array.from({ length: SENTENCE_WORDS }, () => drawn(words, random)).join(' ');
    text += '. ';
  }
  return text;
}

function drawn(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] as string;
}

/** Vectors of the words, as the local provider answers queries, at once but for the wait. */
function localProvider(genuine: EmbeddingProvider, wait: () => Promise<void>): EmbeddingProvider {
  return {
    ...genuine,
    async doEmbed(texts) {
      await wait();
      const embeddings = texts.map((text) =>
        Float32Array.from(hashedEmbedding(text, genuine.dimensions, PROVIDER_SEED)),
      );
      return { embeddings, tokens: texts.length * 250 };
    },
  };
}

/** Units by the time they were used. */
function createTraffic() {
  let uses: { at: number; read: number; write: number }[] = [];
  let throttled = 0;
  const minuteMax = (side: 'read' | 'write') => {
    let [first, sum, max] = [0, 0, 0];
    for (const use of uses) {
      sum += use[side];
      while ((uses[first]?.at ?? 0) <= use.at - MINUTE_MS) {
        sum -= uses[first]?.[side] ?? 0;
        first += 1;
      }
      max = Math.max(max, sum);
    }
    return max;
  };
  const total = (side: 'read' | 'write') => uses.reduce((sum, use) => sum + use[side], 0);
  return {
    reset() {
      uses = [];
      throttled = 0;
    },
    watch: (service: KvsService, now: () => number): KvsService => ({
      async handle(request) {
        const answer = await service.handle(request);
        uses.push({ at: now(), read: answer.readUnits, write: answer.writeUnits });
        if (answer.status === 429) throttled += 1;
        return answer;
      },
      close: () => service.close(),
    }),
    report: () => ({
      readUnits: total('read'),
      writeUnits: total('write'),
      readUnitsMinuteMax: minuteMax('read'),
      writeUnitsMinuteMax: minuteMax('write'),
      throttled,
    }),
  };
}
