/**
 * One scripted job, undisturbed or with a fault at one of its platform calls, until it has ended
 * and everything is cleared away; readers search all the while. What is not as it should be comes
 * back as a list of texts. Many installations run side by side on one platform.
 */
import type { FaultAction, FaultRule, PlatformCall } from '../../emulator/faults';
import { RETIRED_GRACE_MS } from '../../src/index/retire';
import type { JobState } from '../../src/jobs/job';
import { findJob } from '../../src/jobs/job-store';
import { type JobSite, openJobSite, READER, type Snapshot } from './job-site';
import { keysByKind, libraryState, unnamedKeys } from './library-state';
import { LIBRARY, QUERIES, type ScriptedJob, TEXTS_PER_CALL } from './scripted-jobs';

/** A fault at the nth platform call after the job's documents are staged; 1 is the first. */
export interface Disturbance {
  at: number;
  action: FaultAction;
}

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

const STEP_MS = 5 * 60_000;
/** Longer than anything a job waits for. */
const STEPS_MAX = 24 * 12;
const LANES = 64;
/** What the first finds named by nothing, the second deletes. */
const CLEARINGS = 2;

/** Runs the job as nothing happens to it. */
export async function runUndisturbed(
  job: ScriptedJob,
  base?: { snapshot: Snapshot; endMs: number },
): Promise<Reference> {
  const site = await openSite(base?.endMs);
  const run = new JobRun(site, 'calm', job, base?.snapshot);
  await run.prepare();
  const before = await run.searchAll();
  const calls: string[] = [];
  site.platform.calls.setFaults([noting(calls)]);
  await runJobs(site, [run]);
  const callsOfJob = calls.length;
  const ended = await run.standing();
  await clearAway(site, [run]);
  const reference: Reference = {
    job,
    base: base?.snapshot,
    startMs: base?.endMs,
    calls,
    callsOfJob,
    before,
    after: await run.searchAll(),
    texts: run.texts(),
    counts: await run.counts(),
    ended,
    cleared: await run.standing(),
    snapshot: await site.snapshot(run.installation),
    endMs: site.clock.now(),
  };
  await site.close();
  return reference;
}

/** Runs the job once for each disturbance, all on one platform; answers what went wrong. */
export async function runDisturbed(
  reference: Reference,
  disturbances: readonly Disturbance[],
): Promise<string[]> {
  const site = await openSite(reference.startMs);
  const runs = disturbances.map(({ at, action }, i) => {
    const { job, base } = reference;
    return new JobRun(site, `${action.type}-${at}-${i}`, job, base, reference);
  });
  for (const run of runs) await run.prepare();
  site.platform.calls.setFaults(
    runs.map(({ installation }, i) => faultAt(installation, disturbances[i] as Disturbance)),
  );
  await runJobs(site, runs);
  // Whoever has nothing left that nobody names needs no clearing away, unless it is disturbed.
  const isToClear = async (run: JobRun, i: number) =>
    (disturbances[i]?.at ?? 0) > reference.callsOfJob || !(await run.isTidy(reference));
  const toClear: JobRun[] = [];
  for (const [i, run] of runs.entries()) if (await isToClear(run, i)) toClear.push(run);
  await clearAway(site, toClear);
  const problems: string[] = [];
  for (const [i, run] of runs.entries()) {
    const { at, action } = disturbances[i] as Disturbance;
    const where = `${reference.job.name}, ${JSON.stringify(action)} at ${at}, ${reference.calls[at - 1]}`;
    const standing = toClear.includes(run) ? reference.cleared : reference.ended;
    for (const problem of await run.judge(reference, standing))
      problems.push(`${where}: ${problem}`);
  }
  await site.close();
  return problems;
}

/** Runs the job undisturbed while a reader begins to search at each of its calls. */
export async function runAmongReaders(reference: Reference): Promise<string[]> {
  const { job, base, startMs, ended } = reference;
  const site = await openSite(startMs);
  const run = new JobRun(site, 'read', job, base, reference);
  await run.prepare();
  const match = (call: PlatformCall) => {
    if (isDisturbed(call)) run.readMeanwhile();
    return false;
  };
  site.platform.calls.setFaults([{ match, action: { type: 'crash-before' } }]);
  await runJobs(site, [run]);
  const problems = await run.judge(reference, ended);
  await site.close();
  return problems;
}

function openSite(startMs: number | undefined): Promise<JobSite> {
  return openJobSite({
    // Ids that the jobs before have not given away.
    ...(startMs ? { startMs, seed: startMs } : {}),
    textsPerCallMax: TEXTS_PER_CALL,
    events: { parallel: LANES },
  });
}

/** Serves until every job has ended and no event of it is left. */
async function runJobs(site: JobSite, runs: readonly JobRun[]): Promise<void> {
  const { platform, clock } = site;
  const byInstallation = new Map(runs.map((run) => [run.installation, run]));
  await clock.drive(Promise.all(runs.map((run) => run.start())));
  const serving = platform.startServing({
    installations: [...byInstallation.keys()],
    delivered: ({ installation, outcome }) => byInstallation.get(installation)?.seen(outcome),
    triggered: ({ installation, error }) =>
      byInstallation.get(installation)?.seen(error === undefined ? 'done' : 'failed'),
  });
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await clock.advance(STEP_MS);
    if (await areOver(site, runs)) break;
  }
  serving.halt();
  await clock.drive(Promise.all(runs.map((run) => run.read())));
}

async function areOver({ platform }: JobSite, runs: readonly JobRun[]): Promise<boolean> {
  if (platform.events.pending.length > 0) return false;
  for (const run of runs) if (!(await run.isOver())) return false;
  return true;
}

/** The daily trigger twice, the grace time apart, and more often for whom it was disturbed. */
async function clearAway({ platform, clock }: JobSite, runs: readonly JobRun[]): Promise<void> {
  const waiting = new Map(runs.map((run) => [run.installation, CLEARINGS]));
  while (waiting.size > 0) {
    const firing = [...waiting.keys()].map(async (installation) => {
      const { error } = await platform.fireTrigger('clear-away-daily', { installation });
      return { installation, isDone: error === undefined };
    });
    for (const { installation, isDone } of await clock.drive(Promise.all(firing))) {
      const left = (waiting.get(installation) ?? 0) - (isDone ? 1 : 0);
      if (left > 0) waiting.set(installation, left);
      else waiting.delete(installation);
    }
    await clock.advance(RETIRED_GRACE_MS);
  }
  await clock.drive(Promise.all(runs.map((run) => run.read())));
}

const isDisturbed = ({ caller }: PlatformCall) => caller !== READER;

function noting(calls: string[]): FaultRule {
  const match = (call: PlatformCall) => {
    if (isDisturbed(call)) calls.push(`${call.caller}: ${call.kind} ${call.path}`);
    return false;
  };
  return { match, action: { type: 'crash-before' } };
}

function faultAt(installation: string, { at, action }: Disturbance): FaultRule {
  const match = (call: PlatformCall) => call.installation === installation && isDisturbed(call);
  return { match, nth: at, action };
}

class JobRun {
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
        return answer.ok ? JSON.stringify(answer.result) : (answer.error?.code ?? '');
      }),
    );
  }

  /** Texts of documents that the provider has embedded. */
  texts(): string[] {
    const calls = this.site.embedded(this.installation);
    return calls.filter(([first = '']) => !QUERIES.includes(first)).flat();
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
    if (texts > reference.texts.length + TEXTS_PER_CALL) {
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

function differ(what: string, found: string, expected: string): string {
  const lines = (text: string) => new Set(text.split('\n'));
  const [ours, theirs] = [lines(found), lines(expected)];
  const more = [...ours].filter((line) => !theirs.has(line)).join(' | ');
  const less = [...theirs].filter((line) => !ours.has(line)).join(' | ');
  return `${what} is ${more.slice(0, 600)} instead of ${less.slice(0, 600)}`;
}

/** Installations side by side on one platform: enough to fill the waits of each other. */
const GROUP = 24;

/** Each of the actions at each call of the job, one at a time; tells how many these were. */
export async function runAtEveryCall(
  reference: Reference,
  actions: readonly FaultAction[],
): Promise<{ points: number; problems: string[] }> {
  const points = reference.calls.flatMap((_, i) =>
    actions.map((action): Disturbance => ({ at: i + 1, action })),
  );
  const problems: string[] = [];
  for (let start = 0; start < points.length; start += GROUP) {
    problems.push(...(await runDisturbed(reference, points.slice(start, start + GROUP))));
  }
  return { points: points.length, problems };
}
