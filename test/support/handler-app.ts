/**
 * The app as manifest.yml declares it, its functions registered under their own names, on a local
 * platform with a Jira site and a local server in the place of api.openai.com. Its time is the
 * virtual clock's: what the app reads, and what it sleeps.
 */
import '../../emulator/globals';
import { join } from 'node:path';
import { readAppManifest } from '../../emulator/app-manifest';
import { type VirtualClock, virtualClock } from '../../emulator/clock';
import type { Delivery } from '../../emulator/events/event-service';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings, type KvsSettings } from '../../emulator/kvs/settings';
import {
  createLocalPlatform,
  type InvocationOptions,
  type LocalPlatform,
  type LocalPlatformOptions,
} from '../../emulator/platform';
import { type OpenAiServer, startOpenAiServer } from '../../emulator/providers/openai-server';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { appFunctions } from '../../src/handlers/functions';
import type { JobView } from '../../src/jobs/job-view';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { Platform } from '../../src/platform/ports';
import { documentCalls } from './document-calls';
import { JIRA_SITE } from './jira-site';
import { START_MS, seededRandom } from './local-app';

export interface Answer {
  ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of each answer.
  result?: any;
  error?: { code: string; message: string; retryable: boolean; facts: Record<string, unknown> };
}

export interface Caller {
  installation: string;
  accountId: string;
}

export const ADMIN: Caller = { installation: 'acme', accountId: 'admin' };
/** May browse PAY, and no other project. */
export const USER: Caller = { installation: 'acme', accountId: 'user' };
/** Known to Jira, and may browse nothing. */
export const STRANGER: Caller = { installation: 'acme', accountId: 'stranger' };

export const OPENAI_KEY = 'sk-local-Secret-0123456789';

/** A document, or a piece of one, as a page sends it. */
export interface SentPiece {
  name: string;
  part: number;
  parts: number;
  content: string;
}

export interface StartOptions {
  confirm?: boolean;
  as?: Caller;
  /** Pieces of one call. */
  perCall?: number;
}

export interface HandlerApp {
  platform: LocalPlatform;
  clock: VirtualClock;
  server: OpenAiServer;
  settings: KvsSettings;
  /** Put around the ports of every invocation that begins from now on. */
  around: (platform: Platform) => Platform;
  /** The ports of the app as they are without that; within an invocation only. */
  ports: () => Platform;
  /** Calls a resolver's function as a page would. */
  call(functionKey: string, payload: unknown, as?: Caller): Promise<Answer>;
  /** Creates a job, stages its documents and starts it; answers the job's id. */
  start(request: object, documents: readonly SentPiece[], options?: StartOptions): Promise<string>;
  /** Delivers all events until none is left, moving the clock. */
  deliver(): Promise<Delivery[]>;
  /** Delivers what is due, as long as it takes. */
  deliverDue(): Promise<Delivery[]>;
  /** Fires a scheduled trigger of an installation. */
  fire(trigger: 'push-on-jobs' | 'clear-away-daily', installation?: string): Promise<void>;
  /** Starts a job, delivers its events, and answers what its page shows then. */
  index(request: object, documents: readonly SentPiece[]): Promise<JobView>;
  progress(jobId: string, as?: Caller): Promise<JobView>;
  /** Runs code with the ports of the app, outside its handlers. */
  inside<T>(work: (platform: Platform) => Promise<T>, as?: InvocationOptions): Promise<T>;
  /** Plain keys with this prefix. */
  keys(prefix: string, installation?: string): Promise<string[]>;
  stored(installation?: string): Promise<{ keys: number; bytes: number }>;
  /** Stores the provider's key for an installation. */
  storeKey(installation?: string): Promise<void>;
  /** Texts that the provider was asked for, one after the other; not those that calibrate. */
  embeddedTexts(): string[];
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
/** Consumers side by side: more than lanes and coordinator of two jobs. */
const PARALLEL = 8;

export async function createHandlerApp(
  options: Pick<LocalPlatformOptions, 'events'> = {},
): Promise<HandlerApp> {
  const manifest = await readAppManifest(join(ROOT, 'manifest.yml'));
  const server = await startOpenAiServer();
  const clock = virtualClock(START_MS);
  const random = seededRandom(7);
  const settings = defaultKvsSettings();
  const engine = await openMemoryEngine();
  const kvs = createKvsService({ engine, entities: manifest.entities, clock, settings, random });
  const platform = await createLocalPlatform({
    kvs,
    manifest,
    clock,
    random,
    events: { parallel: PARALLEL, ...options.events },
    hosts: { 'https://api.openai.com': server.origin },
    jira: JIRA_SITE,
  });
  const ports = (): Platform => ({
    ...createForgePlatform(),
    // As on the machine, where a sleep of half a millisecond leaves no half in the time.
    clock: () => Math.floor(clock.now()),
    sleep: (ms) => clock.sleep(ms),
  });
  const appPlatform = (): Platform => app.around(ports());
  const functions = appFunctions(appPlatform);
  platform.registerHandlers({
    resolver: functions.resolver,
    'index-documents': functions.indexDocumentsConsumer,
    'push-on': functions.pushOnTrigger,
    'clear-away': functions.clearAwayTrigger,
  });
  const app: HandlerApp = {
    platform,
    clock,
    server,
    settings,
    ports,
    around: (platform) => platform,
    inside: (work, as = ADMIN) => clock.drive(platform.run(as, () => work(appPlatform()))),
    call: async (functionKey, payload, as = ADMIN) => {
      const request = { call: { functionKey, payload } };
      return (await clock.drive(platform.invokeFunction('resolver', request, as))) as Answer;
    },
    async start(request, documents, { confirm = false, as = ADMIN, perCall = 100 } = {}) {
      const { jobId } = resultOf(await app.call('createJob', request, as));
      let calls = 0;
      for (let first = 0; first < documents.length; first += perCall) {
        const staged = { jobId, call: calls, documents: documents.slice(first, first + perCall) };
        resultOf(await app.call('stageDocuments', staged, as));
        calls += 1;
      }
      resultOf(await app.call('startJob', { jobId, calls, confirm }, as));
      return jobId;
    },
    deliver: () => platform.events.runUntilIdle(),
    async fire(trigger, installation = 'acme') {
      const { error } = await clock.drive(platform.fireTrigger(trigger, { installation }));
      if (error !== undefined) throw error;
    },
    deliverDue: () => clock.drive(platform.events.deliverDue()),
    async index(request, documents) {
      const jobId = await app.start(request, documents);
      await app.deliver();
      return app.progress(jobId);
    },
    progress: async (jobId, as) => resultOf(await app.call('jobProgress', { jobId }, as)),
    async keys(prefix, installation = 'acme') {
      const all = await kvs.keys(installation);
      return all.flatMap(({ space, key }) =>
        space === 'plain' && key.startsWith(prefix) ? [key] : [],
      );
    },
    stored: (installation = 'acme') => kvs.stats(installation),
    storeKey: (installation = 'acme') =>
      app.inside(({ secrets }) => secrets.set(OPENAI_KEY_NAME, OPENAI_KEY), { installation }),
    embeddedTexts: () => documentCalls(server).flatMap(({ texts }) => texts),
    async close() {
      await platform.close();
      await server.close();
    },
  };
  return app;
}

/** What a call answers; a refused one is an error of the test that does not expect it. */
export function resultOf({ result, error }: Answer) {
  if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  return result;
}

/** A whole document as a page sends it. */
export function given(name: string, text: string): SentPiece {
  return { name, part: 0, parts: 1, content: Buffer.from(text).toString('base64') };
}

/** The same in pieces of so many bytes, a multiple of three. */
export function inPieces(name: string, text: string, bytesPerPiece: number): SentPiece[] {
  const bytes = Buffer.from(text);
  const parts = Math.ceil(bytes.length / bytesPerPiece);
  return Array.from({ length: parts }, (_, part) => {
    const start = part * bytesPerPiece;
    const content = bytes.subarray(start, start + bytesPerPiece).toString('base64');
    return { name, part, parts, content };
  });
}

export const RELEASE = given(
  'release.md',
  '# Release rules\n\nA release needs the approval of two reviewers and of the release manager. ' +
    'It goes out on Tuesday or Wednesday before noon.\n',
);
export const LUNCH = given(
  'lunch.md',
  '# Canteen\n\nThe canteen serves soup on Monday and pasta on Friday.\n',
);
