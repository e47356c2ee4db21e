/** A small app on the local platform, for the tests of the platform itself. */
import '../../emulator/globals';
import { MemoryLevel } from 'memory-level';
import { parseAppManifest } from '../../emulator/app-manifest';
import { type VirtualClock, virtualClock } from '../../emulator/clock';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings, type KvsSettings } from '../../emulator/kvs/settings';
import {
  createLocalPlatform,
  type LocalPlatform,
  type LocalPlatformOptions,
} from '../../emulator/platform';

export const START_MS = Date.parse('2026-11-01T00:00:00Z');

export const APP_MANIFEST = `
app:
  id: ari:cloud:ecosystem::app/3f1c9a52-0000-4000-8000-000000000001
  runtime: { name: nodejs22.x, memoryMB: 1024 }
  storage:
    entities:
      - name: catalogue
        attributes: { generation: { type: integer } }
        indexes: [generation]
modules:
  consumer:
    - { key: short-consumer, queue: short, function: short }
    - { key: long-consumer, queue: long, function: long }
  function:
    - { key: resolver, handler: index.resolver }
    - { key: short, handler: index.short }
    - { key: long, handler: index.long, timeoutSeconds: 900, runtime: { memoryMB: 256 } }
permissions:
  scopes: [storage:app, read:jira-work]
  external:
    fetch:
      backend: [{ address: https://api.openai.com }, { remote: gemini }, '*.example.com']
remotes:
  - { key: gemini, baseUrl: https://generativelanguage.googleapis.com }
`;

export interface LocalApp {
  platform: LocalPlatform;
  clock: VirtualClock;
  /** Read at every storage request. */
  settings: KvsSettings;
}

/** The app on a virtual clock; `manifest` replaces the text above. */
export async function createLocalApp(
  options: Partial<Omit<LocalPlatformOptions, 'manifest' | 'clock' | 'kvs'>> & {
    manifest?: string;
  } = {},
): Promise<LocalApp> {
  const { manifest: text = APP_MANIFEST, random = seededRandom(1), ...rest } = options;
  const clock = virtualClock(START_MS);
  const manifest = parseAppManifest(text);
  const settings = defaultKvsSettings();
  const kvs = createKvsService({
    engine: new MemoryLevel<string, string>(),
    entities: manifest.entities,
    clock,
    settings,
    random,
  });
  const platform = await createLocalPlatform({ kvs, manifest, clock, random, ...rest });
  return { clock, platform, settings };
}

/** mulberry32: uniform in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
