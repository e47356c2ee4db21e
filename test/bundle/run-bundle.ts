/**
 * Drives the produced bundle as the platform would, through its handlers alone, and prints what
 * came of it as one JSON object. A process of its own, so that start time and memory are the
 * bundle's. Run from `dist/app`, where Forge unpacks an app: run-bundle.ts builtin|openai
 */
import '../../emulator/globals';

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readAppManifest } from '../../emulator/app-manifest';
import { realClock } from '../../emulator/clock';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import { createLocalPlatform, type Handler } from '../../emulator/platform';
import { startOpenAiServer } from '../../emulator/providers/openai-server';

interface Answer {
  ok: boolean;
  result?: Record<string, unknown>;
  error?: { code: string; message: string };
}

const ADMIN = { installation: 'acme', accountId: 'admin' };
const USER = { installation: 'acme', accountId: 'user' };

const embedder = process.argv[2] ?? 'builtin';
const root = join(import.meta.dirname, '..', '..');
const manifest = await readAppManifest(join(root, 'manifest.yml'));
const server = await startOpenAiServer();
const clock = realClock();
const kvs = createKvsService({
  engine: await openMemoryEngine(),
  entities: manifest.entities,
  clock,
  settings: { ...defaultKvsSettings(), enforceQuotas: true },
  random: Math.random,
});
const platform = await createLocalPlatform({
  kvs,
  manifest,
  clock,
  random: Math.random,
  hosts: { 'https://api.openai.com': server.origin },
  jira: {
    users: [
      { accountId: 'admin', admin: true, projects: 'all' },
      { accountId: 'user', admin: false, projects: ['PAY'] },
    ],
    projects: [
      { key: 'PAY', name: 'Payments' },
      { key: 'HR', name: 'People' },
    ],
    issues: [
      {
        key: 'PAY-7',
        type: 'Story',
        summary: 'Release the refund fix',
        description: 'The release needs the approval of two reviewers and of the release manager.',
        labels: ['release'],
      },
      { key: 'HR-1', type: 'Task', summary: 'Plan the summer party', description: 'Cake.' },
    ],
  },
});

// As on Forge, the program that runs is the app's own; nothing of it lies in this project.
process.argv[1] = join(process.cwd(), 'index.cjs');
const startedAt = performance.now();
const bundle = createRequire(join(process.cwd(), 'index.cjs'))('./index.cjs') as {
  resolver: Handler;
  indexDocumentsConsumer: Handler;
  pushOnTrigger: Handler;
  clearAwayTrigger: Handler;
};
const requireMs = performance.now() - startedAt;
platform.registerHandlers({
  resolver: bundle.resolver,
  'index-documents': bundle.indexDocumentsConsumer,
  'push-on': bundle.pushOnTrigger,
  'clear-away': bundle.clearAwayTrigger,
});

const call = async (functionKey: string, payload: object, as = ADMIN): Promise<Answer> =>
  (await platform.invokeFunction('resolver', { call: { functionKey, payload } }, as)) as Answer;

const document = (name: string, text: string) => ({
  name,
  part: 0,
  parts: 1,
  content: Buffer.from(text).toString('base64'),
});

const documents = [
  document(
    'release.md',
    '# Release rules\n\nA release needs the approval of two reviewers and of the release manager. ' +
      'It goes out on Tuesday or Wednesday before noon.\n',
  ),
  document(
    'lunch.md',
    '# Canteen\n\nThe canteen serves soup on Monday and pasta on Friday. Trays go back to the rack.\n',
  ),
  document('scan.md', '%PDF-1.7 not a text'),
];

if (embedder === 'openai') {
  const { kvs: storage } = await import('@forge/kvs');
  await platform.run(ADMIN, () => storage.setSecret('provider-key:openai', 'sk-local-test'));
}

const request = { library: 'rules', projects: ['PAY'], embedder };
const refusedJob = await call('createJob', request, USER);
const created = await call('createJob', request);
const jobId = created.result?.['jobId'];
const staged = await call('stageDocuments', { jobId, call: 0, documents });
const started = await call('startJob', { jobId, calls: 1, confirm: true });
await platform.events.drain();
const planned = await call('jobProgress', { jobId });
const callsBefore = server.requests.length;
const confirmed = await call('confirmJob', { jobId });
await platform.events.drain();
const progress = await call('jobProgress', { jobId });
const installation = { installation: 'acme' };
const pushedOn = await platform.fireTrigger('push-on-jobs', installation);
const clearedAway = await platform.fireTrigger('clear-away-daily', installation);
const triggerErrors = [pushedOn, clearedAway].filter(({ error }) => error !== undefined).length;
const libraries = await call('listLibraries', {});
const searchStartedAt = performance.now();
const query = { text: 'Who approves a release?', project: 'PAY', k: 1 };
const search = await platform.measure('search', () => call('search', query, USER));
const searchMs = performance.now() - searchStartedAt;
const foreignSearch = await call('search', { ...query, project: 'HR' }, USER);
const section = await call('promptSection', { issueKey: 'PAY-7' }, USER);
const foreignSection = await call('promptSection', { issueKey: 'HR-1' }, USER);
const otherInstallation = await call('search', query, { ...USER, installation: 'other' });
const removed = await call('delete', { everything: true });
const { keys } = await kvs.stats('acme');

console.log(
  JSON.stringify({
    embedder,
    requireMs: Math.round(requireMs),
    searchMs: Math.round(searchMs),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    providerCalls: server.requests.length,
    callsBefore,
    triggerErrors,
    readUnits: search.reading.readUnits,
    roundTrips: search.reading.roundTrips,
    answers: {
      refusedJob,
      created,
      staged,
      started,
      planned,
      confirmed,
      progress,
      libraries,
      search: search.result,
      foreignSearch,
      section,
      foreignSection,
      otherInstallation,
      removed,
    },
    keysLeft: keys,
  }),
);
await platform.close();
await server.close();
