/**
 * Two deliveries of one event at once, held at a chosen point: whatever the later run meets after
 * the earlier one has ended the job, the outcome stands.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consumeIndexingEvent } from '../../src/handlers/indexing-consumer';
import type { Platform } from '../../src/platform/ports';
import { ADMIN, createHandlerApp, type HandlerApp, LUNCH, RELEASE } from '../support/handler-app';

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

/** What the later run is held at, until the earlier one is done. */
type Hold = (platform: Platform, gate: Promise<void>) => Platform;

const atStagedDocuments: Hold = (platform, gate) => ({
  ...platform,
  kv: { ...platform.kv, batchGet: (keys) => gate.then(() => platform.kv.batchGet(keys)) },
});

/** Its clock runs fast, so that it reports its progress when it goes on. */
const atTheProvider: Hold = (platform, gate) => {
  let now = platform.clock();
  const clock = () => {
    now += 3_000;
    return now;
  };
  return { ...platform, clock, fetch: (...args) => gate.then(() => platform.fetch(...args)) };
};

it.each([
  ['before it reads what was staged', atStagedDocuments, 'value_missing'],
  ['while it embeds', atTheProvider, 'publish_lost'],
])('a run that is overtaken %s changes nothing', async (_, hold, code) => {
  const documents = [RELEASE, LUNCH];
  const started = await app.call('startIndexing', { library: 'r', embedder: 'openai', documents });
  const event = app.platform.events.pending[0]?.event;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const later = app.inside((platform) => consumeIndexingEvent(hold(platform, gate), event));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await app.platform.events.runUntilIdle();
  const done = await app.call('indexingProgress', started.result);
  expect(done.result).toMatchObject({ state: 'done', report: { indexed: 2 } });
  const before = await app.stored(ADMIN.installation);
  open();
  await later;
  expect(await app.call('indexingProgress', started.result)).toEqual(done);
  expect(await app.stored(ADMIN.installation)).toEqual(before);
  const overtaken = { event: 'indexing_run_overtaken', jobId: started.result.jobId, code };
  expect(console.log).toHaveBeenCalledWith(JSON.stringify(overtaken));
});

it('a run under way when everything is deleted brings nothing back', async () => {
  const documents = [RELEASE, LUNCH];
  await app.call('startIndexing', { library: 'r', embedder: 'openai', documents });
  const event = app.platform.events.pending[0]?.event;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const run = app.inside((platform) => consumeIndexingEvent(withKey(platform, gate), event));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await app.call('delete', { everything: true })).toMatchObject({ ok: true });
  open();
  await run;
  expect(await app.stored(ADMIN.installation)).toEqual({ keys: 0, bytes: 0 });
});

/** Held at the provider; its key was read before the deletion took it away. */
function withKey(platform: Platform, gate: Promise<void>): Platform {
  const held = atTheProvider(platform, gate);
  return { ...held, secrets: { ...held.secrets, get: async () => 'sk-local' } };
}
