/** What a function is given and gives back, as the platform carries it. */
import { INVOKE_REQUEST_BYTES_MAX, INVOKE_RESPONSE_BYTES_MAX } from '../../src/platform/limits';
import { PayloadTooLarge } from '../errors';
import { siteAri } from './forge-runtime';

export type FunctionKind = 'front-end' | 'consumer' | 'other';

/** Request of an invocation that is no front end's: 5 MB too. Source: limits page, late 2025. */
const OTHER_REQUEST_BYTES_MAX = INVOKE_RESPONSE_BYTES_MAX;

/** An event as the function receives it. Errors: PayloadTooLarge. */
export function carriedRequest(event: unknown, kind: FunctionKind): unknown {
  const isFrontEnd = kind === 'front-end';
  return carried('request', event, isFrontEnd ? INVOKE_REQUEST_BYTES_MAX : OTHER_REQUEST_BYTES_MAX);
}

/** An answer as the caller receives it. Errors: PayloadTooLarge. */
export function carriedAnswer(answer: unknown): unknown {
  return carried('response', answer, INVOKE_RESPONSE_BYTES_MAX);
}

/** The second argument of a function, as `@forge/resolver` 2.0.1 reads it. */
export function invocationContext(options: {
  installation: string;
  accountId?: string;
}): Record<string, unknown> {
  const { installation, accountId } = options;
  return {
    ...(accountId === undefined ? {} : { principal: { accountId } }),
    installContext: siteAri(installation),
    installation: { ari: { installationId: installation } },
  };
}

function carried(part: 'request' | 'response', payload: unknown, bytesMax: number): unknown {
  const text = JSON.stringify(payload);
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) throw new PayloadTooLarge(part, bytes, bytesMax);
  return JSON.parse(text);
}
