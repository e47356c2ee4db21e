/**
 * An installation with an index, for the tests of index and retrieval: the genuine `@forge/*`
 * packages on the local platform, and a local server in the place of api.openai.com.
 */
import '../../emulator/globals';

import { join } from 'node:path';
import { readAppManifest } from '../../emulator/app-manifest';
import { realClock } from '../../emulator/clock';
import { decodeAddress, installationPrefix, prefixEnd } from '../../emulator/kvs/address';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService, type LocalKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings, type KvsSettings } from '../../emulator/kvs/settings';
import type { MeterReading } from '../../emulator/meter';
import { createLocalPlatform, type LocalPlatform } from '../../emulator/platform';
import { hashedEmbedding } from '../../emulator/providers/hashed-embedding';
import { type OpenAiServer, startOpenAiServer } from '../../emulator/providers/openai-server';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import { LEASE_ENTITY } from '../../src/index/keys';
import type { GivenDocument } from '../../src/index/prepare-document';
import { RETIRED_GRACE_MS, sweepRetired } from '../../src/index/retire';
import type { IndexReport } from '../../src/jobs/drive-here';
import { type IndexRequest, indexDocuments } from '../../src/jobs/index-here';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { JsonValue, Platform } from '../../src/platform/ports';
import { type Hit, rankChunks, type SearchScope, search } from '../../src/retrieval/search';
import { isForeignText } from './document-calls';
import { withBeforePublish } from './watched-platform';

export const ACME = 'acme';
export const DIMENSIONS = 128;

export interface IndexSite {
  kvs: LocalKvsService;
  local: LocalPlatform;
  settings: KvsSettings;
  server: OpenAiServer;
  /** Events of the app's log, oldest first. */
  logged: string[];
  /** Runs code as a function of the app; `overrides` replace parts of its platform. */
  run<T>(work: (platform: Platform) => Promise<T>, options?: RunOptions): Promise<T>;
  /** The same, with what it asked of the platform. */
  measure<T>(
    work: (platform: Platform) => Promise<T>,
  ): Promise<{ result: T; reading: MeterReading }>;
  index(texts: Record<string, string>, options?: IndexOptions): Promise<IndexReport>;
  rank(text: string, scope?: SearchScope, k?: number): Promise<readonly Hit[]>;
  /** What of it reaches the threshold, as a prompt gets it. */
  search(text: string, scope: SearchScope, k: number): Promise<readonly Hit[]>;
  /**
   * Everything stored but leases, as `space/entity/key`, sorted: a lease stays with its library,
   * changes with every job and says nothing of what is in it.
   */
  keys(installation?: string): Promise<string[]>;
  /** Every stored value but leases as JSON text, joined. */
  storedText(installation?: string): Promise<string>;
  /** The leases, as their keys. */
  leases(installation?: string): Promise<string[]>;
  /** Plain values, past the app: what stands there, and changing it behind its back. */
  valueAt(key: string): Promise<JsonValue>;
  replaceValue(key: string, value: JsonValue): Promise<void>;
  removeValue(key: string): Promise<void>;
  /** Moves the app's clock on until retired segments are due, and sweeps those of a library. */
  sweepLater(library?: string): Promise<void>;
  /** Moves the app's clock on. */
  pass(ms: number): void;
  close(): Promise<void>;
}

export interface RunOptions {
  installation?: string;
  overrides?: Partial<Platform>;
}

export interface IndexOptions extends Partial<Omit<IndexRequest, 'documents'>>, RunOptions {
  documents?: GivenDocument[];
  /** Called before the job publishes for the n-th time, as long as it loses to others. */
  beforePublish?: (nth: number) => Promise<unknown>;
}

/** A site of its own store; a provider key is stored for the installation `acme`. */
export async function openIndexSite(): Promise<IndexSite> {
  const manifest = await readAppManifest(join(import.meta.dirname, '..', '..', 'manifest.yml'));
  const clock = realClock();
  const settings = defaultKvsSettings();
  const engine = await openMemoryEngine();
  const random = Math.random;
  const kvs = createKvsService({ engine, entities: manifest.entities, clock, settings, random });
  const server = await startOpenAiServer();
  const hosts = { 'https://api.openai.com': server.origin };
  const local = await createLocalPlatform({ kvs, manifest, clock, random, hosts });
  const logged: string[] = [];
  let passedMs = 0;

  const run: IndexSite['run'] = (work, { installation = ACME, overrides = {} } = {}) =>
    local.run({ installation, timeLimitMs: Number.POSITIVE_INFINITY }, () =>
      work({
        ...createForgePlatform(),
        clock: () => clock.now() + passedMs,
        log: (event) => logged.push(event),
        // Time that is waited for passes at once.
        sleep: async (ms) => {
          passedMs += ms;
        },
        ...overrides,
      }),
    );
  const ask = async (path: string, body: object): Promise<JsonValue> => {
    const request = { installation: ACME, path: `/api/v1/${path}`, body: JSON.stringify(body) };
    const { status, body: answer } = await kvs.handle(request);
    if (status >= 400) throw new Error(`${path}: ${status}`);
    return (answer as { value?: JsonValue } | undefined)?.value ?? null;
  };
  const stored = async (installation: string) => {
    const prefix = installationPrefix(installation);
    const entries = await engine.iterator({ gte: prefix, lt: prefixEnd(prefix) }).all();
    return entries.map(([engineKey, text]) => ({ text, ...decodeAddress(engineKey).address }));
  };
  const isLease = ({ entityName }: { entityName?: string }) => entityName === LEASE_ENTITY;
  const storedBesideLeases = async (installation: string) =>
    (await stored(installation)).filter((entry) => !isLease(entry));
  await run((platform) => platform.secrets.set(OPENAI_KEY_NAME, 'sk-local-test'));
  return {
    kvs,
    local,
    settings,
    server,
    logged,
    run,
    measure: (work) => local.measure('test', () => run(work)),
    index: (texts, { documents, installation, overrides, beforePublish, ...request } = {}) =>
      run(
        (platform) =>
          indexDocuments(beforePublish ? withBeforePublish(platform, beforePublish) : platform, {
            library: 'rules',
            projects: undefined,
            documents: documents ?? documentsOf(texts),
            sync: false,
            provider: wordProvider(),
            ...request,
          }),
        {
          ...(installation === undefined ? {} : { installation }),
          ...(overrides === undefined ? {} : { overrides }),
        },
      ),
    rank: (text, scope = 'all', k = 10) =>
      run((platform) => rankChunks(platform, { text, scope, k })),
    search: async (text, scope, k) =>
      (await run((platform) => search(platform, { text, scope, k }))).hits,
    keys: async (installation = ACME) =>
      (await storedBesideLeases(installation)).map(
        ({ space, entityName = '', key }) => `${space}/${entityName}/${key}`,
      ),
    storedText: async (installation = ACME) =>
      (await storedBesideLeases(installation)).map(({ text }) => text).join('\n'),
    leases: async (installation = ACME) =>
      (await stored(installation)).filter(isLease).map(({ key }) => key),
    valueAt: (key) => ask('get', { key }),
    replaceValue: async (key, value) => {
      await ask('set', { key, value });
    },
    removeValue: async (key) => {
      await ask('delete', { key });
    },
    sweepLater: (library = 'rules') => {
      passedMs += RETIRED_GRACE_MS;
      return run(async (platform) => {
        const { id } = findLibrary((await loadCatalogue(platform.entities)).libraries, library);
        const grace = { now: platform.clock(), graceMs: RETIRED_GRACE_MS };
        await sweepRetired(platform, id, grace);
      });
    },
    pass: (ms) => {
      passedMs += ms;
    },
    close: async () => {
      await local.close();
      await server.close();
    },
  };
}

export function documentsOf(texts: Record<string, string>): GivenDocument[] {
  return Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
}

/**
 * A provider object that embeds as the local server does, without HTTP, and under the same
 * fingerprint, so that what it indexed is searched through the real provider.
 */
export function wordProvider(
  limits: Partial<EmbeddingProvider> = {},
): EmbeddingProvider & { embedded: string[]; foreign: string[] } {
  const embedded: string[] = [];
  const foreign: string[] = [];
  const dimensions = limits.dimensions ?? DIMENSIONS;
  return {
    provider: 'openai',
    model: 'text-embedding-3-small',
    modelId: `openai:text-embedding-3-small:${dimensions}`,
    dimensions,
    textsPerCallMax: 256,
    tokensPerCallMax: 240_000,
    tokensPerTextMax: 8_192,
    parallelCallsMax: 4,
    queryConvention: 'same',
    normalized: true,
    embedded,
    foreign,
    async doEmbed(texts) {
      for (const text of texts) (isForeignText(text) ? foreign : embedded).push(text);
      const embeddings = texts.map((text) => hashedEmbedding(text, dimensions, 1));
      return { embeddings, tokens: texts.length };
    },
    ...limits,
  };
}

/** Part of a key that tells what kind of value it names. */
export const LIST_KEY = /^plain\/\/(l:[0-9a-f]+:s:[0-9a-f]+:p:\d+)$/;
export const TABLE_KEY = /^plain\/\/(l:[0-9a-f]+:s:[0-9a-f]+:c:\d+)$/;
export const DOCUMENTS_KEY = /^plain\/\/(l:[0-9a-f]+:s:[0-9a-f]+:d:[0-9a-f]+:\d+)$/;
export const TOMBSTONES_KEY = /^plain\/\/(l:[0-9a-f]+:s:[0-9a-f]+:x:[0-9a-f]+)$/;
export const WORK_KEY = /^plain\/\/(l:[0-9a-f]+:w:[0-9a-f]+:.+)$/;
export const RECORD_KEY = /^plain\/\/(l:[0-9a-f]+:r:[0-9a-f]+:\d+)$/;

/** The plain keys of one kind, as the store names them. */
export async function keysLike(site: IndexSite, pattern: RegExp): Promise<string[]> {
  return (await site.keys()).flatMap((key) => pattern.exec(key)?.[1] ?? []);
}
