/**
 * An installation of the app on the local Forge platform: what every command works against. The
 * genuine `@forge/*` packages keep the `fetch` they find when they are first imported, so the
 * platform's globals come before everything else.
 */
import '../emulator/globals';

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readAppManifest } from '../emulator/app-manifest';
import { realClock } from '../emulator/clock';
import { openDiskEngine, openMemoryEngine } from '../emulator/kvs/engine';
import { createKvsService } from '../emulator/kvs/service';
import { defaultKvsSettings } from '../emulator/kvs/settings';
import type { MeterReading } from '../emulator/meter';
import { createLocalPlatform } from '../emulator/platform';
import { OPENAI_KEY_NAME } from '../src/embedding/create-provider';
import { GroundworkError } from '../src/errors';
import { createForgePlatform } from '../src/platform/forge-platform';
import type { Platform } from '../src/platform/ports';
import { ofPackage } from './paths';

/** Where the command line finds a provider's key, by the name it has in the secret store. */
const PROVIDER_ENVIRONMENT: Readonly<Record<string, string>> = {
  [OPENAI_KEY_NAME]: 'OPENAI_API_KEY',
};

export interface SiteOptions {
  /** Folder of the embedded store, or undefined for one in memory. */
  store: string | undefined;
  installation: string;
}

export interface Site {
  /** Runs code as a function of the app and says what it asked of the platform. */
  run<T>(label: string, work: (platform: Platform) => Promise<T>): Promise<Measured<T>>;
  /** Keys and bytes the installation holds. */
  stats(): Promise<{ keys: number; bytes: number }>;
  close(): Promise<void>;
}

export interface Measured<T> {
  result: T;
  reading: MeterReading;
  ms: number;
}

/** Opens the store and the platform above it. Errors: `store_locked`, `store_unusable`. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const manifest = await readAppManifest(ofPackage('manifest.yml'));
  const clock = realClock();
  const kvs = createKvsService({
    engine: await openStore(options.store),
    entities: manifest.entities,
    clock,
    settings: defaultKvsSettings(),
    random: Math.random,
  });
  const local = await createLocalPlatform({ kvs, manifest, clock, random: Math.random });
  const { installation } = options;
  const site: Site = {
    async run(label, work) {
      const startedAt = performance.now();
      // The log is for an app's developer; a command says itself what it has to say.
      const { result, reading } = await local.measure(label, () =>
        local.run({ installation, caller: label, timeLimitMs: Number.POSITIVE_INFINITY }, () =>
          work({ ...withKeysOfEnvironment(createForgePlatform()), log: () => undefined }),
        ),
      );
      return { result, reading, ms: performance.now() - startedAt };
    },
    stats: () => kvs.stats(installation),
    close: () => local.close(),
  };
  return site;
}

/** Opens the site that the command line's common options name, and closes it when done. */
export async function withSite<T>(
  options: SiteOptions,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  const site = await openSite(options);
  try {
    return await work(site);
  } catch (error) {
    throw isEngineError(error) ? unusable(options.store ?? 'memory', error) : error;
  } finally {
    await site.close();
  }
}

export async function openStore(store: string | undefined) {
  if (store === undefined) return openMemoryEngine();
  try {
    await mkdir(store, { recursive: true });
    return await openDiskEngine(join(store, 'kvs'));
  } catch (error) {
    throw isLocked(error)
      ? new GroundworkError({
          code: 'store_locked',
          message: `${store}: another command is using the store. Wait for that one to end, or give another folder with --store`,
          cause: error,
        })
      : unusable(store, error);
  }
}

function unusable(store: string, cause: unknown): GroundworkError {
  return new GroundworkError({
    code: 'store_unusable',
    message: `${store}: there is no store that can be read: not a folder, not writable, or damaged. Give another folder with --store, or delete this one and index again`,
    cause,
  });
}

/** Whether the engine below the platform failed, for example on damaged files. */
function isEngineError(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('LEVEL_');
}

/** The engine says why it did not open in the cause of its error. */
function isLocked(error: unknown): boolean {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === 'LEVEL_LOCKED';
}

/**
 * The platform with provider keys from the environment in front of those in the secret store. They
 * are stored nowhere: the local store is not encrypted.
 */
export function withKeysOfEnvironment(platform: Platform): Platform {
  const keyOf = (secret: string) => {
    const variable = PROVIDER_ENVIRONMENT[secret];
    return variable === undefined ? undefined : process.env[variable] || undefined;
  };
  const get = async (secret: string) => keyOf(secret) ?? platform.secrets.get(secret);
  return { ...platform, secrets: { ...platform.secrets, get } };
}
