/**
 * The app's own functions on a local platform of many installations, by a virtual clock, with an
 * OpenAI that answers within this process: fit for running jobs thousands of times.
 */
import '../../emulator/globals';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import { type AppManifest, readAppManifest } from '../../emulator/app-manifest';
import { type VirtualClock, virtualClock } from '../../emulator/clock';
import type { JiraIssueSeed } from '../../emulator/jira/jira-site';
import { decodeAddress, installationPrefix, prefixEnd } from '../../emulator/kvs/address';
import { decodeRecord } from '../../emulator/kvs/record';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings, type KvsSettings } from '../../emulator/kvs/settings';
import {
  createLocalPlatform,
  type LocalPlatform,
  type LocalPlatformOptions,
} from '../../emulator/platform';
import type { Behaviour } from '../../emulator/providers/openai-answers';
import { answerEmbeddings } from '../../emulator/providers/openai-service';
import type { KvsService } from '../../emulator/types';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { appFunctions } from '../../src/handlers/functions';
import { PROVIDERS, type Providers } from '../../src/index/choose-provider';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { Platform } from '../../src/platform/ports';
import { START_MS, seededRandom } from './local-app';
import type { Stored } from './stored-keys';

/** Label of calls that only look; faults leave them alone. */
export const READER = 'reader';

/** Of the vectors that the provider answers with. */
export const PROVIDER_SEED = 1;

const OPENAI = 'https://api.openai.com';
const manifests = new Map<string, Promise<AppManifest>>();

export interface Answer {
  ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of each answer.
  result?: any;
  error?: { code: string; message: string; retryable: boolean };
}

export interface JobSiteOptions
  extends Pick<LocalPlatformOptions, 'events' | 'latency' | 'faults'> {
  seed?: number;
  startMs?: number;
  /** Texts that a lane embeds by one call, so that few chunks make several batches. */
  textsPerBatchMax?: number;
  settings?: Partial<KvsSettings>;
  /** Milliseconds by which the clock of an invocation is wrong. */
  skewMs?: () => number;
  /** How the provider answers this call of an installation. */
  behaviour?: (installation: string, texts: readonly string[]) => Behaviour;
  /** In the place of the provider over HTTP, for jobs. */
  provider?: (genuine: EmbeddingProvider) => EmbeddingProvider;
  log?: Platform['log'];
  /** Items of the Jira site, of project PAY. */
  issues?: readonly JiraIssueSeed[];
  /** Stands before the storage service. */
  storage?: (service: KvsService, stored: JobSite['stored']) => KvsService;
}

/** Everything stored for an installation, to be put into another one. */
export type Snapshot = readonly [string, string][];

export interface JobSite {
  platform: LocalPlatform;
  clock: VirtualClock;
  settings: KvsSettings;
  /** Texts of each call that the provider answered, by installation. */
  embedded(installation: string): string[][];
  /** Calls a resolver's function as an admin's page would. */
  call(
    installation: string,
    functionKey: string,
    payload: unknown,
    caller?: string,
  ): Promise<Answer>;
  /** Runs code with the ports of the app, outside its functions. */
  inside<T>(installation: string, work: (platform: Platform) => Promise<T>): Promise<T>;
  /** What is stored now, to be read past the platform. */
  stored(installation: string): Promise<Stored>;
  /** Everything stored, as `space/entity/key`, sorted. */
  keys(installation: string): Promise<string[]>;
  snapshot(installation: string): Promise<Snapshot>;
  /** Makes an installation of a snapshot; without one, with no more than a provider key. */
  install(installation: string, snapshot?: Snapshot): Promise<void>;
  close(): Promise<void>;
}

export async function openJobSite(options: JobSiteOptions = {}): Promise<JobSite> {
  const manifest = await appManifest();
  const clock = virtualClock(options.startMs ?? START_MS);
  const random = seededRandom(options.seed ?? 1);
  const settings = { ...defaultKvsSettings(), ...options.settings };
  const engine = new MemoryLevel<string, string>();
  await engine.open();
  const kvs = createKvsService({ engine, entities: manifest.entities, clock, settings, random });
  const host = openAiHost(options.behaviour ?? (() => ({ kind: 'ok' })));
  const entriesOf = (installation: string) => {
    const prefix = installationPrefix(installation);
    return engine.iterator({ gte: prefix, lt: prefixEnd(prefix) }).all();
  };
  const stored: JobSite['stored'] = async (installation) => {
    const entries = await entriesOf(installation);
    return storedValues(new Map(entries.map(([key, text]) => [nameOf(key), text])));
  };
  const platform = await createLocalPlatform({
    kvs: options.storage?.(kvs, stored) ?? kvs,
    manifest,
    clock,
    random,
    hosts: { [OPENAI]: host.answer },
    jira: {
      users: [{ accountId: 'admin', admin: true, projects: 'all' }],
      projects: [{ key: 'PAY', name: 'Payments' }],
      issues: options.issues ?? [],
    },
    ...(options.events === undefined ? {} : { events: options.events }),
    ...(options.latency === undefined ? {} : { latency: options.latency }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const platformOf = () => virtualPlatform({ clock, random, ...options });
  const functions = appFunctions(platformOf, { providers: providersOf(options) });
  platform.registerHandlers({
    resolver: functions.resolver,
    'index-documents': functions.indexDocumentsConsumer,
    'push-on': functions.pushOnTrigger,
    'clear-away': functions.clearAwayTrigger,
  });
  const inside: JobSite['inside'] = (installation, work) =>
    platform.run({ installation, caller: READER }, () => work(platformOf()));
  return {
    platform,
    clock,
    settings,
    inside,
    embedded: host.embedded,
    stored,
    call: async (installation, functionKey, payload, caller = 'page') => {
      const as = { installation, accountId: 'admin', caller };
      const request = { call: { functionKey, payload } };
      const calling = () => platform.invokeFunction('resolver', request, as);
      return (await clock.attend(calling)) as Answer;
    },
    keys: async (installation) =>
      (await entriesOf(installation)).map(([engineKey]) => nameOf(engineKey)).sort(),
    snapshot: async (installation) => {
      const { length } = installationPrefix(installation);
      return (await entriesOf(installation)).map(([key, text]) => [key.slice(length), text]);
    },
    async install(installation, snapshot = []) {
      const prefix = installationPrefix(installation);
      const puts = snapshot.map(([key, value]) => ({
        type: 'put' as const,
        key: prefix + key,
        value,
      }));
      await engine.batch(puts);
      const key = keyOf(installation);
      await inside(installation, ({ secrets }) => secrets.set(OPENAI_KEY_NAME, key));
    },
    close: () => platform.close(),
  };
}

/** The app's platform as on Forge, but for what makes each run another one. */
function virtualPlatform(options: {
  clock: VirtualClock;
  random: () => number;
  skewMs?: (() => number) | undefined;
  log?: Platform['log'] | undefined;
}): Platform {
  const { clock, random, skewMs = () => 0, log = () => undefined } = options;
  const skew = skewMs();
  return {
    ...createForgePlatform(),
    // Whole milliseconds, as the machine's clock gives them; sleepers may end in between.
    clock: () => Math.floor(clock.now()) + skew,
    sleep: (ms) => clock.sleep(ms),
    newId: () => Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join(''),
    random,
    log,
  };
}

/** The genuine providers, and batches as small as asked for. */
function providersOf({
  textsPerBatchMax,
  provider = (genuine) => genuine,
}: JobSiteOptions): Providers {
  return {
    choose: (...args) => provider(PROVIDERS.choose(...args)),
    of: (...args) => provider(PROVIDERS.of(...args)),
    ...(textsPerBatchMax && { textsPerBatchMax }),
  };
}

/** Tells installations apart by their keys. */
function openAiHost(behaviourOf: NonNullable<JobSiteOptions['behaviour']>) {
  const embedded = new Map<string, string[][]>();
  return {
    embedded: (installation: string) => embedded.get(keyOf(installation)) ?? [],
    async answer(request: Request): Promise<Response> {
      const authorization = request.headers.get('authorization') ?? undefined;
      const key = authorization?.replace(/^Bearer /, '') ?? '';
      const body = (await request.json()) as { input: string[] };
      const behaviour = behaviourOf(key.slice(KEY_PREFIX.length), body.input);
      if (behaviour.kind === 'hangUp') throw new TypeError('fetch failed');
      const { pathname: path } = new URL(request.url);
      const asked = { method: request.method, path, authorization, body };
      const answer = answerEmbeddings(asked, behaviour, PROVIDER_SEED);
      if (answer.status < 300) embedded.set(key, [...(embedded.get(key) ?? []), body.input]);
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    },
  };
}

const KEY_PREFIX = 'sk-local-';

function keyOf(installation: string): string {
  return KEY_PREFIX + installation;
}

/** The reading half of the ports over values by name, as they were when they were listed. */
function storedValues(texts: ReadonlyMap<string, string>): Stored {
  const read = (name: string) => {
    const text = texts.get(name);
    return text === undefined ? undefined : JSON.parse(decodeRecord(text).valueJson);
  };
  const get = async (key: string) => read(`plain//${key}`);
  const batchGet = async (keys: readonly string[]) =>
    new Map(
      keys.flatMap((key) => {
        const value = read(`plain//${key}`);
        return value === undefined ? [] : [[key, value] as const];
      }),
    );
  const getEntity = async (entity: string, key: string) => read(`entity/${entity}/${key}`);
  return { kv: { get, batchGet }, entities: { get: getEntity } } as unknown as Stored;
}

function nameOf(engineKey: string): string {
  const { space, entityName = '', key } = decodeAddress(engineKey).address;
  return `${space}/${entityName}/${key}`;
}

function appManifest(): Promise<AppManifest> {
  const file = join(import.meta.dirname, '..', '..', 'manifest.yml');
  const read = manifests.get(file) ?? readAppManifest(file);
  manifests.set(file, read);
  return read;
}
