import { AsyncLocalStorage } from 'node:async_hooks';
import type { KvsEngine } from '../../emulator/kvs/engine';
import { createKvsService, type LocalKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import type { PlatformClock } from '../../emulator/types';
import { CONFORMANCE_ENTITIES, type ConformanceTarget } from './target';

interface Caller {
  service: LocalKvsService;
  installation: string;
}

const caller = new AsyncLocalStorage<Caller>();

/** Where the genuine @forge/kvs sends its requests: it looks the global up at every call. */
async function route(
  _descriptor: unknown,
  path: string,
  init: { body: string },
): Promise<Response> {
  const current = caller.getStore();
  if (current === undefined) throw new Error(`${path} was called outside of a conformance run`);
  const { service, installation } = current;
  const { status, body } = await service.handle({ installation, path, body: init.body });
  const headers = { 'content-type': 'application/json' };
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

/** A clock that only `advance` moves; nothing in the service waits. */
export function manualClock(start = Date.UTC(2026, 0, 1)): PlatformClock & {
  advance(ms: number): void;
} {
  let now = start;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

/** The storage service over the engine given, reached through the genuine SDK. */
export async function createEmulatorTarget(
  name: string,
  openEngine: () => Promise<KvsEngine>,
  onClose: () => Promise<void> = async () => {},
): Promise<ConformanceTarget> {
  Reflect.set(globalThis, '__forge_fetch__', route);
  const clock = manualClock();
  const settings = defaultKvsSettings();
  const service = createKvsService({
    engine: await openEngine(),
    entities: CONFORMANCE_ENTITIES,
    clock,
    settings,
    random: () => 0.5,
  });
  return {
    name,
    settings,
    run: (installation, fn) => caller.run({ service, installation }, fn),
    advance: async (ms) => clock.advance(ms),
    sweepExpired: async () => {
      await service.sweepExpired();
    },
    close: async () => {
      await service.close();
      await onClose();
    },
  };
}
