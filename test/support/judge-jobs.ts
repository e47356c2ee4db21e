/** What has to hold of jobs that have ended: counts that add up, and no update lost. */
import type { JobState } from '../../src/jobs/job';
import { type Contents, type Generation, type GenerationBook, knowDocument } from './generations';
import type { SimulatedJob } from './people';

/** Errors with which a job may end, besides those that a provider's nonsense gives it. */
const MAY_FAIL_WITH = /^(provider_\w+|nothing_to_sync)$/;

export function judgeJobs(
  jobs: readonly SimulatedJob[],
  states: readonly JobState[],
  book: GenerationBook,
): string[] {
  const problems: string[] = [];
  for (const [i, job] of jobs.entries()) {
    const state = states[i] as JobState;
    for (const problem of judgeJob(job, state, book)) {
      problems.push(`job ${i} (${job.jobId}) of ${job.library}: ${problem}`);
    }
  }
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  for (const library of new Set(jobs.map((job) => job.library))) {
    problems.push(...judgeGenerations(book.of(library), byId));
  }
  return problems;
}

function judgeJob(job: SimulatedJob, state: JobState, book: GenerationBook): string[] {
  switch (state.state) {
    case 'cancelled':
      return [];
    case 'staging':
      return job.isStarted ? [] : ['was never started'];
    case 'failed': {
      const code = state.error?.code ?? '';
      return MAY_FAIL_WITH.test(code) ? [] : [`failed with ${code}: ${state.error?.message}`];
    }
    case 'done':
      return judgeDone(job, state, book);
    default:
      return [`has not ended within a day: ${state.state}, ${state.phase}, ${state.waiting}`];
  }
}

function judgeDone(job: SimulatedJob, state: JobState, book: GenerationBook): string[] {
  const problems: string[] = [];
  const { documents, chunks, generation, isClean } = state;
  const { total, indexed, unchanged, refused } = documents;
  if (total !== job.documents.size || indexed + unchanged + refused !== total) {
    problems.push(`${job.documents.size} documents given, counted ${JSON.stringify(documents)}`);
  }
  if (refused !== job.refused) problems.push(`${refused} refused, expected ${job.refused}`);
  if (chunks.embedded !== chunks.toEmbed || chunks.reused + chunks.toEmbed !== chunks.total) {
    problems.push(`chunks do not add up: ${JSON.stringify(chunks)}`);
  }
  if (!isClean) problems.push('is not clean');
  const published = book.of(job.library).find(({ number }) => number === generation);
  if (published === undefined) {
    const isNothing = generation === 0 && job.documents.size === job.refused;
    return isNothing ? problems : [...problems, `says generation ${generation}, not published`];
  }
  const wanted = applied(job, published.documents);
  if (!isSame(wanted, published.documents)) {
    problems.push(`generation ${generation} lacks what was given`);
  }
  return problems;
}

/** Each generation is the one before with the change of whoever published it, and no other. */
function judgeGenerations(
  generations: readonly Generation[],
  jobs: ReadonlyMap<string, SimulatedJob>,
): string[] {
  const problems: string[] = [];
  for (const [i, generation] of generations.entries()) {
    const { library, number, documents, jobId } = generation;
    const where = `${library}, generation ${number}`;
    const before = generations[i - 1];
    if (before !== undefined && number !== before.number + 1) problems.push(`${where}: a gap`);
    const job = jobId === undefined ? undefined : jobs.get(jobId);
    if (job === undefined) {
      if (i > 0 && !isDeletionOrEarlier(documents, generations.slice(0, i))) {
        problems.push(`${where}: neither a deletion nor an earlier generation`);
      }
      continue;
    }
    const wanted = applied(job, before?.documents ?? new Map());
    if (!isSame(wanted, documents)) {
      problems.push(`${where}: has ${text(documents)}, expected ${text(wanted)}`);
    }
    if (i > 0 && !job.request.rebuild && generation.dimensions !== before?.dimensions) {
      problems.push(`${where}: other dimensions without a rebuild`);
    }
  }
  return problems;
}

/** What a library holds after a job. */
function applied(job: SimulatedJob, before: Contents): Contents {
  const next = new Map(
    [...before].filter(([name]) => !job.request.sync || job.documents.has(name)),
  );
  for (const [name, content] of job.documents) {
    if (name.endsWith('.md')) next.set(name, knowDocument(name, content));
  }
  return next;
}

function isDeletionOrEarlier(documents: Contents, earlier: readonly Generation[]): boolean {
  if (earlier.some((generation) => isSame(generation.documents, documents))) return true;
  const before = earlier.at(-1)?.documents ?? new Map();
  const isPart = [...documents].every(([name, hash]) => before.get(name) === hash);
  return isPart && documents.size === before.size - 1;
}

function isSame(a: Contents, b: Contents): boolean {
  return text(a) === text(b);
}

function text(contents: Contents): string {
  return [...contents]
    .map(([name, hash]) => `${name} ${hash.slice(0, 8)}`)
    .sort()
    .join();
}
