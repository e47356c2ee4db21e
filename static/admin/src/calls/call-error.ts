/** A call that did not succeed: what the resolver said, or that it could not be reached. */
export class CallError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(error: { code: string; message: string; retryable: boolean }) {
    super(error.message);
    this.name = 'CallError';
    this.code = error.code;
    this.retryable = error.retryable;
  }
}

/** Whatever was thrown, as a CallError: the bridge itself rejects with plain errors. */
export function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CallError({ code: 'call_failed', message, retryable: true });
}
