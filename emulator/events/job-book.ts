/**
 * What became of the events of each job, where a job is one push. An event counts once, by the end
 * it came to first, however often it is delivered.
 */
import type { PendingEvent } from './event';
import { JOB_KEPT_MS } from './event-limits';

/** `JobStats` of `@forge/events` 3.0.8; an event that waits counts as in progress. */
export interface JobStats {
  success: number;
  inProgress: number;
  failed: number;
}

export interface JobName {
  installation: string;
  queueName: string;
  jobId: string;
}

interface Job {
  pushedAt: number;
  open: Set<string>;
  success: number;
  failed: number;
  cancelled: boolean;
}

export class JobBook {
  /** In the order of their pushes. */
  #jobs = new Map<string, Job>();

  /** Enters an event that was pushed. */
  open({ installation, event, pushedAt }: PendingEvent): void {
    this.#forgetOld(pushedAt);
    const name = nameOf({ installation, ...event });
    const job = this.#jobs.get(name) ?? newJob(pushedAt);
    job.open.add(event.eventId);
    this.#jobs.set(name, job);
  }

  /** Enters the end of an event; a second end changes nothing. */
  close({ installation, event }: PendingEvent, end: 'success' | 'failed'): void {
    const job = this.#jobs.get(nameOf({ installation, ...event }));
    if (job?.open.delete(event.eventId) === true) job[end] += 1;
  }

  /** Undefined for a job that is unknown or too old. */
  stats(name: JobName): JobStats | undefined {
    const job = this.#jobs.get(nameOf(name));
    if (job === undefined) return undefined;
    return { success: job.success, inProgress: job.open.size, failed: job.failed };
  }

  /** Marks a job; false when it is unknown. */
  cancel(name: JobName): boolean {
    const job = this.#jobs.get(nameOf(name));
    if (job !== undefined) job.cancelled = true;
    return job !== undefined;
  }

  isCancelled({ installation, event }: PendingEvent): boolean {
    return this.#jobs.get(nameOf({ installation, ...event }))?.cancelled === true;
  }

  #forgetOld(now: number): void {
    for (const [name, job] of this.#jobs) {
      if (job.pushedAt > now - JOB_KEPT_MS) return;
      this.#jobs.delete(name);
    }
  }
}

function newJob(pushedAt: number): Job {
  return { pushedAt, open: new Set(), success: 0, failed: 0, cancelled: false };
}

function nameOf({ installation, queueName, jobId }: JobName): string {
  return JSON.stringify([installation, queueName, jobId]);
}
