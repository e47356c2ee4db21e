/** The code of the GroundworkError that something throws; anything else fails the test. */
import { GroundworkError } from '../../src/errors';

export function codeThrownBy(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return codeOf(error);
  }
  return undefined;
}

export async function codeRejectedBy(work: Promise<unknown>): Promise<string | undefined> {
  return (await errorRejectedBy(work))?.code;
}

export async function errorRejectedBy(
  work: Promise<unknown>,
): Promise<GroundworkError | undefined> {
  try {
    await work;
  } catch (error) {
    codeOf(error);
    return error as GroundworkError;
  }
  return undefined;
}

function codeOf(error: unknown): string {
  if (GroundworkError.isInstance(error)) return error.code;
  throw error;
}
