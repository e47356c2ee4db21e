/**
 * How the local platform ends a function. These are plain errors, not the app's own error type:
 * code that recovers from its own errors must not take the end of its process for one of them.
 */

/** The function ran longer than the platform allows it. */
export class FunctionTimeout extends Error {
  override readonly name = 'FunctionTimeout';
  readonly functionName: string;
  readonly timeLimitMs: number;

  constructor(functionName: string, timeLimitMs: number) {
    super(`function ${functionName} was ended: it may run ${timeLimitMs} ms`);
    this.functionName = functionName;
    this.timeLimitMs = timeLimitMs;
  }
}

/** A fault rule ended the function, as when its process dies. */
export class FunctionCrashed extends Error {
  override readonly name = 'FunctionCrashed';
  readonly path: string;

  constructor(path: string, when: 'before' | 'after') {
    super(`the function's process died ${when} the call of ${path}`);
    this.path = path;
  }
}

/**
 * A platform call came from code that still ran when its function had returned. Forge freezes such
 * code and may let it go on in another customer's invocation (runtime-reference, read 2026-10).
 */
export class FunctionEnded extends Error {
  override readonly name = 'FunctionEnded';

  constructor(functionName: string) {
    super(`function ${functionName} has returned; await every promise before returning`);
  }
}

/** What was sent to, or answered by, a function is larger than the platform carries. */
export class PayloadTooLarge extends Error {
  override readonly name = 'PayloadTooLarge';
  readonly part: 'request' | 'response';
  readonly bytes: number;
  readonly bytesMax: number;

  constructor(part: 'request' | 'response', bytes: number, bytesMax: number) {
    super(`the ${part} of the invocation has ${bytes} bytes, the platform carries ${bytesMax}`);
    this.part = part;
    this.bytes = bytes;
    this.bytesMax = bytesMax;
  }
}
