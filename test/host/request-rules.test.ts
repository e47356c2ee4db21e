import { describe, expect, it } from 'vitest';
import { denialOf } from '../../host/request-rules';

const PORT = 8080;
const CALL = {
  method: 'POST',
  host: 'localhost:8080',
  origin: 'http://localhost:8080',
  contentType: 'application/json',
};

describe('denialOf', () => {
  it('lets the pages of the server read and call', () => {
    expect(denialOf(CALL, PORT)).toBeUndefined();
    const byNumber = { ...CALL, host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' };
    expect(denialOf(byNumber, PORT)).toBeUndefined();
    const reading = { method: 'GET', host: CALL.host, origin: undefined, contentType: undefined };
    expect(denialOf(reading, PORT)).toBeUndefined();
  });

  it.each([
    ['no host', { host: undefined }, 403],
    ['a name that leads here by somebody else’s DNS', { host: 'evil.example:8080' }, 403],
    ['another port', { host: 'localhost:9090' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['the origin of a file or a sandbox', { origin: 'null' }, 403],
    ['a page of another origin', { origin: 'http://evil.example' }, 403],
    ['a page of another local server', { origin: 'http://localhost:3000' }, 403],
    ['a page that names the server otherwise', { origin: 'http://127.0.0.1:8080' }, 403],
    ['a form', { contentType: 'text/plain' }, 415],
    ['a preflight', { method: 'OPTIONS' }, 405],
    ['another method', { method: 'PUT' }, 405],
  ])('refuses %s', (_, changed, status) => {
    expect(denialOf({ ...CALL, ...changed }, PORT)?.status).toBe(status);
  });
});
