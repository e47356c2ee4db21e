/** One run of a job's coordinator: it holds the job, and every write it makes is fenced. */

import { assertInvariant, GroundworkError } from '../errors';
import type { LibraryEntry } from '../index/catalogue';
import type { PublishFence } from '../index/publish';
import type { JobState } from './job';
import type { JobContext, Units } from './job-context';
import { jobWrite, loadJob, type StoredJob, saveJob } from './job-store';

/** Thrown when somebody else has written the job since: the run must not go on. */
const OVERTAKEN = 'job_overtaken';

export class JobRun {
  readonly context: JobContext;
  #job: StoredJob;
  #accounted: Units;

  constructor(context: JobContext, job: StoredJob) {
    this.context = context;
    this.#job = job;
    this.#accounted = context.used();
  }

  get jobId(): string {
    return this.#job.jobId;
  }

  get state(): JobState {
    return this.#job.state;
  }

  /** Number of the current plan. */
  get planNumber(): number {
    return this.state.plans.length - 1;
  }

  /**
   * Writes changes of the state, with the units used since the last write. Every write is a sign of
   * life. Errors: `job_overtaken` when the job was changed by somebody else.
   */
  async save(changes: Partial<JobState>): Promise<void> {
    const next = this.#next(changes);
    const saved = await saveJob(this.context.platform.entities, this.#job, next.state);
    if (saved === undefined) throw overtaken(this.jobId);
    this.#take(saved, next.used);
  }

  /**
   * Publishes by `publish`, whose transaction writes the job too: what is published then is known
   * to be this job's, and a job that was stopped or deleted meanwhile publishes nothing.
   */
  async saveWith(
    changes: (entry: LibraryEntry) => Partial<JobState>,
    publish: (fence: PublishFence) => Promise<unknown>,
  ): Promise<void> {
    let next: { state: JobState; used: Units } | undefined;
    await publish({
      check: () => this.#expectCurrent(),
      write: (entry) => {
        next = this.#next(changes(entry));
        return jobWrite(this.#job, next.state);
      },
    });
    assertInvariant(next !== undefined, `job ${this.jobId}: published without its own write`);
    const { jobId, token } = this.#job;
    this.#take({ jobId, token: token + 1, state: next.state }, next.used);
  }

  async #expectCurrent(): Promise<void> {
    const stored = await loadJob(this.context.platform.entities, this.jobId);
    if (stored?.token !== this.#job.token) throw overtaken(this.jobId);
  }

  #next(changes: Partial<JobState>): { state: JobState; used: Units } {
    const used = this.context.used();
    const { units } = { ...this.state, ...changes };
    const state: JobState = {
      ...this.state,
      ...changes,
      units: {
        read: units.read + used.read - this.#accounted.read,
        write: units.write + used.write - this.#accounted.write,
      },
      updatedAt: this.context.platform.clock(),
    };
    return { state, used };
  }

  #take(job: StoredJob, used: Units): void {
    this.#job = job;
    this.#accounted = used;
    this.context.observe?.saved(job.state);
  }
}

/** True for the error that only says that somebody else has the job now. */
export function isOvertaken(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === OVERTAKEN;
}

function overtaken(jobId: string): GroundworkError {
  return new GroundworkError({
    code: OVERTAKEN,
    message: `job ${jobId}: somebody else has changed it meanwhile; this run ends`,
    facts: { jobId },
  });
}
