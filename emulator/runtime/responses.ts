/** Answers of the platform's services, as the packages expect them: WHATWG responses. */
import { STATUS_CODES } from 'node:http';

/** An answer with a JSON body, or with none for `undefined` (as 204 demands). */
export function jsonResponse(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  const statusText = STATUS_CODES[status] ?? '';
  if (body === undefined) return new Response(null, { status, statusText, headers });
  return textResponse(JSON.stringify(body), {
    status,
    statusText,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** An error in the shape shared by the storage and queue services. */
export function errorResponse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return jsonResponse(status, { code, message }, headers);
}

/** The platform has this call and the local platform does not. */
export function notProvided(what: string): Response {
  return errorResponse(501, 'NOT_PROVIDED', `${what} is not provided by the local platform`);
}

/** Reads from the text at hand: the stream of a body is half of what a call costs here. */
function textResponse(text: string, init: ResponseInit): Response {
  const response = new Response(null, init);
  const whole = () => new Response(text, response);
  return Object.defineProperties(response, {
    text: { value: async () => text },
    json: { value: async () => JSON.parse(text) },
    arrayBuffer: { value: () => whole().arrayBuffer() },
    clone: { value: whole },
    body: { get: () => whole().body },
  });
}
