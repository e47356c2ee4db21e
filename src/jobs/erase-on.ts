/**
 * Deletions that a resolver has no time for: what is left of libraries that are in no catalogue.
 */

import { finishErasures } from '../index/delete';
import { eraseEvent } from './events';
import { isTimeUp, type JobContext } from './job-context';

/** Deletes as long as the function has time, and then hands over. */
export async function eraseOn(context: JobContext): Promise<void> {
  try {
    await finishErasures(context.platform);
  } catch (error) {
    if (!isTimeUp(error)) throw error;
    await context.push([eraseEvent()]);
  }
}
