/** What a job's page says of an error. */

import { GroundworkError } from '../errors';
import { isDamage } from '../index/envelope';
import { isValueMissing } from '../index/read-values';
import { jobPrefix } from './job-keys';

/**
 * An error that is not ours may carry anything, so its text is not shown. And of a value that the
 * job keeps for itself the remedy is another than of one of the index.
 */
export function messageOf(error: unknown, jobId: string): string {
  if (!GroundworkError.isInstance(error)) {
    return 'an unexpected error; resume the job, or start it again';
  }
  const { key } = error.facts;
  const isOwn = typeof key === 'string' && key.startsWith(jobPrefix(jobId));
  if (!isOwn || !(isDamage(error) || isValueMissing(error))) return error.message;
  const what = isDamage(error) ? 'cannot be read' : 'is gone';
  return `${key}: a value that the job keeps for itself ${what}; nothing was published. Cancel the job, and start it again`;
}
