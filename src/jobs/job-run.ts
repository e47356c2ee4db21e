/** One run of a job's coordinator: it holds the job, and every write it makes is fenced. */

import { GroundworkError } from '../errors';
import type { JobState } from './job';
import type { JobContext, Units } from './job-context';
import { type StoredJob, saveJob } from './job-store';

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
    const used = this.context.used();
    const { units } = this.state;
    const next: JobState = {
      ...this.state,
      ...changes,
      units: {
        read: units.read + used.read - this.#accounted.read,
        write: units.write + used.write - this.#accounted.write,
      },
      updatedAt: this.context.platform.clock(),
    };
    const saved = await saveJob(this.context.platform.entities, this.#job, next);
    if (saved === undefined) throw overtaken(this.jobId);
    this.#job = saved;
    this.#accounted = used;
    this.context.observe?.saved(next);
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
