/** A resolver has 25 seconds: a provider that asks for a longer wait gets a clear error instead. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ADMIN, createHandlerApp, type HandlerApp, RELEASE } from '../support/handler-app';

let app: HandlerApp;
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  app = await createHandlerApp();
  await app.storeKey();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

it('a search whose provider asks to wait 30 seconds says so at once', async () => {
  const payload = { library: 'r', embedder: 'openai', documents: [RELEASE] };
  await app.call('startIndexing', payload, ADMIN);
  await app.platform.events.runUntilIdle();
  app.server.script([{ kind: 'rateLimited', headers: { 'retry-after': '30' } }]);
  const calls = app.server.requests.length;
  const answer = await app.call('search', { text: 'release' }, ADMIN);
  expect(answer.error).toMatchObject({ code: 'provider_rate_limited', retryable: true });
  expect(app.server.requests).toHaveLength(calls + 1);
  expect((await app.call('search', { text: 'release' }, ADMIN)).ok).toBe(true);
});
