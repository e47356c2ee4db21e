import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAppManifest, readAppManifest } from '../../emulator/app-manifest';
import { TRIGGER_MANIFEST } from '../support/event-app';
import { APP_MANIFEST } from '../support/local-app';

it('reads functions, consumers, entities and permissions', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundwork-manifest-'));
  try {
    const path = join(directory, 'manifest.yml');
    await writeFile(path, APP_MANIFEST);
    expect(await readAppManifest(path)).toEqual({
      appId: '3f1c9a52-0000-4000-8000-000000000001',
      functions: [
        { key: 'resolver', handler: 'index.resolver', timeoutSeconds: undefined, memoryMb: 1024 },
        { key: 'short', handler: 'index.short', timeoutSeconds: undefined, memoryMb: 1024 },
        { key: 'long', handler: 'index.long', timeoutSeconds: 900, memoryMb: 256 },
      ],
      consumers: [
        { key: 'short-consumer', queue: 'short', function: 'short', timeoutSeconds: 55 },
        { key: 'long-consumer', queue: 'long', function: 'long', timeoutSeconds: 900 },
      ],
      scheduledTriggers: [],
      entities: [
        {
          name: 'catalogue',
          attributes: { generation: { type: 'integer' } },
          indexes: [{ name: 'generation', partition: [], range: ['generation'] }],
        },
      ],
      egress: [
        'https://api.openai.com',
        'https://generativelanguage.googleapis.com',
        '*.example.com',
      ],
      scopes: ['storage:app', 'read:jira-work'],
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('refuses a consumer without its function and egress to an unknown remote', () => {
  const lost = APP_MANIFEST.replace('queue: short, function: short', 'queue: short, function: x');
  expect(() => parseAppManifest(lost)).toThrow(/consumer short-consumer names function x/);
  const remote = APP_MANIFEST.replace('remote: gemini', 'remote: other');
  expect(() => parseAppManifest(remote)).toThrow(/remote other/);
});

it('reads scheduled triggers, as many as an app may have', () => {
  expect(parseAppManifest(TRIGGER_MANIFEST).scheduledTriggers).toEqual([
    { key: 'push-on', function: 'tick', interval: 'fiveMinute' },
    { key: 'clean-up', function: 'sweep', interval: 'hour' },
  ]);
  const lost = TRIGGER_MANIFEST.replace('function: sweep', 'function: nothing');
  expect(() => parseAppManifest(lost)).toThrow(/scheduledTrigger clean-up names function nothing/);
  const often = TRIGGER_MANIFEST.replace('interval: hour', 'interval: fiveMinute');
  expect(() => parseAppManifest(often)).toThrow(/2 scheduled triggers, 2 of them fiveMinute/);
  const one = '    - { key: clean-up, function: sweep, interval: hour }\n';
  const six = TRIGGER_MANIFEST.replace(one, one.repeat(5));
  expect(() => parseAppManifest(six)).toThrow(/6 scheduled triggers/);
});

it('reads the long form of indexes and scopes', () => {
  const { entities, scopes } = parseAppManifest(`
app:
  id: ari:cloud:ecosystem::app/x
  storage:
    entities:
      - name: job
        attributes: { state: { type: string }, at: { type: integer } }
        indexes: [{ name: by-state, partition: [state], range: [at] }]
modules: {}
permissions:
  scopes: { 'read:jira-work': { allowImpersonation: true } }
`);
  expect(entities[0]?.indexes).toEqual([{ name: 'by-state', partition: ['state'], range: ['at'] }]);
  expect(scopes).toEqual(['read:jira-work']);
});
