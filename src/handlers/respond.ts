/** How resolvers answer: a result, or an error that a page can show and act on. */

import { GroundworkError } from '../errors';
import type { Log } from '../platform/ports';

export type Answer<T> =
  | { ok: true; result: T }
  | {
      ok: false;
      error: {
        code: string;
        message: string;
        retryable: boolean;
        facts: Readonly<Record<string, string | number | boolean>>;
      };
    };

/**
 * Runs a resolver's work and maps what it throws. An error that is not ours may carry anything, so
 * its text goes neither to the caller nor to the log.
 */
export async function respond<T>(
  log: Log,
  name: string,
  work: () => Promise<T>,
): Promise<Answer<T>> {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    if (GroundworkError.isInstance(error)) {
      const { code, message, retryable, facts } = error;
      log('resolver_refused', { resolver: name, code });
      return { ok: false, error: { code, message, retryable, facts } };
    }
    log('resolver_failed', {
      resolver: name,
      kind: error instanceof Error ? error.name : 'unknown',
    });
    const message = `${name}: an unexpected error; try again, and if it lasts report the time of this call`;
    return { ok: false, error: { code: 'internal_error', message, retryable: true, facts: {} } };
  }
}
