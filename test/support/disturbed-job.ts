/**
 * One scripted job, undisturbed or with a fault at one of its platform calls, until it has ended
 * and everything is cleared away; readers search all the while. What is not as it should be comes
 * back as a list of texts. Many installations run side by side on one platform.
 */
import type { FaultAction, FaultRule, PlatformCall } from '../../emulator/faults';
import { RETIRED_GRACE_MS } from '../../src/index/retire';
import { JobRun, type Reference } from './disturbed-run';
import { type JobSite, openJobSite, READER, type Snapshot } from './job-site';
import { type ScriptedJob, TEXTS_PER_BATCH } from './scripted-jobs';

/** The function dies. */
export const CRASHES: readonly FaultAction[] = [{ type: 'crash-before' }, { type: 'crash-after' }];
/** The call fails, or its answer is lost. */
export const FAILURES: readonly FaultAction[] = [
  { type: 'fail', status: 503, code: 'DOWN' },
  { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' },
  { type: 'timeout', applied: true },
  { type: 'timeout', applied: false },
];

/** A fault at the nth platform call after the job's documents are staged; 1 is the first. */
export interface Disturbance {
  at: number;
  action: FaultAction;
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
    textsPerBatchMax: TEXTS_PER_BATCH,
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
