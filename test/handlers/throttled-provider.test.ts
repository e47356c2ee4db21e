/** A resolver has 25 seconds: a provider that asks for a longer wait gets a clear error instead. */
import { expect, it } from 'vitest';
import { eachTestApp } from '../support/each-app';
import { ADMIN, type HandlerApp, RELEASE } from '../support/handler-app';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

it('a search whose provider asks to wait 30 seconds goes by words at once, and says so', async () => {
  await app.index({ library: 'r', embedder: 'openai' }, [RELEASE]);
  app.server.script([{ kind: 'rateLimited', headers: { 'retry-after': '30' } }]);
  const calls = app.server.requests.length;
  const startedAt = app.clock.now();
  const answer = await app.call('search', { text: 'release' }, ADMIN);
  expect(answer.result).toMatchObject({
    hits: [{ document: 'release.md', cosine: null }],
    notes: [{ kind: 'provider_failed', library: 'r' }],
  });
  expect(answer.result.notes[0].message).toContain('provider_rate_limited');
  expect(app.server.requests).toHaveLength(calls + 1);
  expect(app.clock.now() - startedAt).toBeLessThan(1_000);
  const next = await app.call('search', { text: 'release' }, ADMIN);
  expect(next.result).toMatchObject({ hits: [{ cosine: expect.any(Number) }], notes: [] });
});
