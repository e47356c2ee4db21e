/**
 * The app as manifest.yml declares it, its functions registered under their own names, on a local
 * platform with a Jira site and a local server in the place of api.openai.com.
 */
import '../../emulator/globals';
import { join } from 'node:path';
import { readAppManifest } from '../../emulator/app-manifest';
import { type VirtualClock, virtualClock } from '../../emulator/clock';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import {
  createLocalPlatform,
  type InvocationOptions,
  type LocalPlatform,
  type LocalPlatformOptions,
} from '../../emulator/platform';
import { type OpenAiServer, startOpenAiServer } from '../../emulator/providers/openai-server';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { indexDocumentsConsumer, resolver } from '../../src/index';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { Platform } from '../../src/platform/ports';
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

export interface HandlerApp {
  platform: LocalPlatform;
  clock: VirtualClock;
  server: OpenAiServer;
  /** Calls a resolver's function as a page would. */
  call(functionKey: string, payload: unknown, as?: Caller): Promise<Answer>;
  /** Runs code with the ports of the app, outside its handlers. */
  inside<T>(work: (platform: Platform) => Promise<T>, as?: InvocationOptions): Promise<T>;
  /** Keys of staged documents, records and segments, or whatever the prefix names. */
  keys(prefix: string, installation?: string): Promise<string[]>;
  stored(installation?: string): Promise<{ keys: number; bytes: number }>;
  /** Stores the provider's key for an installation. */
  storeKey(installation?: string): Promise<void>;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');

export async function createHandlerApp(
  options: Pick<LocalPlatformOptions, 'events'> = {},
): Promise<HandlerApp> {
  const manifest = await readAppManifest(join(ROOT, 'manifest.yml'));
  const server = await startOpenAiServer();
  const clock = virtualClock(START_MS);
  const random = seededRandom(7);
  const kvs = createKvsService({
    engine: await openMemoryEngine(),
    entities: manifest.entities,
    clock,
    settings: defaultKvsSettings(),
    random,
  });
  const platform = await createLocalPlatform({
    ...options,
    kvs,
    manifest,
    clock,
    random,
    hosts: { 'https://api.openai.com': server.origin },
    jira: {
      users: [
        { accountId: 'admin', admin: true, projects: 'all' },
        { accountId: 'user', admin: false, projects: ['PAY'] },
        { accountId: 'stranger', admin: false, projects: [] },
      ],
      projects: [
        { key: 'PAY', name: 'Payments' },
        { key: 'HR', name: 'People' },
      ],
      issues: [
        {
          key: 'PAY-7',
          type: 'Story',
          summary: 'Ship the refund fix with the next release',
          description: 'Who has to approve the release, and when may it go out?',
          labels: ['release'],
        },
        { key: 'PAY-8', type: 'Bug', summary: 'Approval of a release is lost', description: '' },
        { key: 'HR-1', type: 'Task', summary: 'Plan the summer party', description: 'Cake.' },
      ],
    },
  });
  platform.registerHandlers({ resolver, 'index-documents': indexDocumentsConsumer });
  const inside: HandlerApp['inside'] = (work, as = ADMIN) =>
    platform.run(as, () => work(createForgePlatform()));
  return {
    platform,
    clock,
    server,
    inside,
    call: async (functionKey, payload, as = ADMIN) =>
      (await platform.invokeFunction('resolver', { call: { functionKey, payload } }, as)) as Answer,
    keys: (prefix, installation = 'acme') =>
      inside(
        async ({ kv }) => (await kv.query({ prefix, limit: 100 })).results.map(({ key }) => key),
        { installation },
      ),
    stored: (installation = 'acme') => kvs.stats(installation),
    storeKey: (installation = 'acme') =>
      inside(({ secrets }) => secrets.set(OPENAI_KEY_NAME, OPENAI_KEY), { installation }),
    async close() {
      await platform.close();
      await server.close();
    },
  };
}

/** A document as a page sends it. */
export function given(name: string, text: string): { name: string; content: string } {
  return { name, content: Buffer.from(text).toString('base64') };
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
