/**
 * The one error type of Groundwork. A message says where, what was found, what was expected and
 * what to do; the numbers stand again as fields, so that a caller need not parse the sentence.
 * Neither may hold a key, a header or a customer's text: errors reach logs.
 */

const MARKER = Symbol.for('groundwork.error');

export interface ErrorDetails {
  /** Stable code in snake_case; part of the interface (README, "Bad input"). */
  code: string;
  /** Where, found, expected, what to do. */
  message: string;
  /** Facts behind the message: names, counts, limits. Never customer text or secrets. */
  facts?: Readonly<Record<string, string | number | boolean>>;
  /** True when the same call may succeed later without anybody changing anything. */
  retryable?: boolean;
  /** Milliseconds after which a retryable call is worth repeating, if the other side said so. */
  retryAfterMs?: number;
  cause?: unknown;
}

export class GroundworkError extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'GroundworkError';
    this.code = details.code;
    this.facts = details.facts ?? {};
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Recognises the error also when two copies of this module are loaded. */
  static isInstance(value: unknown): value is GroundworkError {
    return value instanceof Error && MARKER in value;
  }
}

/** Throws `invariant_violated` when a condition that the program guarantees does not hold. */
export function assertInvariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new GroundworkError({ code: 'invariant_violated', message });
}
