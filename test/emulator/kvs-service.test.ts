/** What the SDK cannot reach: raw answers, costs, tools, persistence. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KvsEngine, openDiskEngine, openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService, type LocalKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import type { EntityDeclaration, KvsResponse } from '../../emulator/types';
import { KVS_REQUESTS_PER_SECOND, KVS_UNIT_BYTES } from '../../src/platform/limits';
import { manualClock } from '../conformance/emulator-target';

const NOTE: EntityDeclaration = {
  name: 'note',
  attributes: { text: { type: 'string' } },
  indexes: [{ name: 'by-text', partition: [], range: ['text'] }],
};

function serviceOver(engine: KvsEngine, clock = manualClock()) {
  const settings = defaultKvsSettings();
  const random = () => 0.5;
  const service = createKvsService({ engine, entities: [NOTE], clock, settings, random });
  return { service, clock, settings };
}

async function fresh() {
  return serviceOver(await openMemoryEngine());
}

function send(
  service: LocalKvsService,
  path: string,
  body: unknown,
  installation = 'a',
): Promise<KvsResponse> {
  return service.handle({ installation, path: `/api/v1/${path}`, body: JSON.stringify(body) });
}

const FREE = { bytesRead: 0, bytesWritten: 0, readUnits: 0, writeUnits: 0 };

describe('raw answers', () => {
  it('an unknown path is 404 and costs nothing', async () => {
    const { service } = await fresh();
    expect(await send(service, 'nothing', {})).toEqual({
      status: 404,
      body: { code: 'NOT_FOUND', message: expect.any(String) },
      ...FREE,
    });
  });

  it('a body that is not JSON is 400 BAD_REQUEST on every path', async () => {
    const { service } = await fresh();
    for (const path of ['get', 'set', 'query', 'entity/query', 'batch/get', 'transaction']) {
      const request = { installation: 'a', path: `/api/v1/${path}`, body: '{"key":' };
      const answer = await service.handle(request);
      expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' }, ...FREE });
    }
  });

  it('any JSON at all gets an answer below 500 on every path', async () => {
    const { service } = await fresh();
    const paths = ['get', 'set', 'delete', 'query', 'secret/get', 'secret/set', 'secret/delete'];
    paths.push('entity/get', 'entity/set', 'entity/delete', 'entity/query');
    paths.push('batch/get', 'batch/set', 'batch/delete', 'transaction');
    const key = fc.oneof(fc.constant('key'), fc.string({ unit: 'binary' }));
    const item = fc.record(
      {
        key,
        value: fc.jsonValue(),
        entityName: fc.oneof(fc.constant('note'), fc.string({ unit: 'binary' })),
        indexName: fc.constantFrom('by-text', 'by-key', '__proto__'),
        options: fc.jsonValue(),
        filters: fc.jsonValue(),
        range: fc.jsonValue(),
        where: fc.jsonValue(),
        cursor: fc.string(),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(item, fc.array(item), fc.record({ set: fc.array(item) }), fc.jsonValue());
    const property = fc.asyncProperty(fc.constantFrom(...paths), body, async (path, content) => {
      const answer = await send(service, path, content);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body === undefined).toBe(answer.status === 204);
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it('set, delete and transaction answer 204 without a body', async () => {
    const { service } = await fresh();
    expect(await send(service, 'set', { key: 'a', value: 1 })).not.toHaveProperty('body');
    expect((await send(service, 'delete', { key: 'a' })).status).toBe(204);
    const transaction = { set: [{ key: 'a', value: 1 }] };
    expect((await send(service, 'transaction', transaction)).status).toBe(204);
  });
});

describe('costs', () => {
  it('count the UTF-8 JSON of keys and values of the whole request, on its side', async () => {
    const { service } = await fresh();
    const written = await send(service, 'set', { key: 'k', value: 'é' });
    const bytes = '"k"'.length + Buffer.byteLength('"é"');
    expect(written).toMatchObject({ ...FREE, bytesWritten: bytes, writeUnits: 1 });
    const read = await send(service, 'get', { key: 'k' });
    expect(read).toMatchObject({ ...FREE, bytesRead: bytes, readUnits: 1 });
    const absent = await send(service, 'get', { key: 'absent' });
    expect(absent).toMatchObject({ ...FREE, status: 404, bytesRead: 8, readUnits: 1 });
    const empty = await send(service, 'query', { where: [] });
    expect(empty).toMatchObject({ ...FREE, bytesRead: bytes, readUnits: 1 });
  });

  it('round a whole batch, query or transaction up once', async () => {
    const { service } = await fresh();
    const value = 'x'.repeat(KVS_UNIT_BYTES / 4);
    const items = ['a', 'b', 'c', 'd'].map((key) => ({ key, value }));
    expect(await send(service, 'batch/set', items)).toMatchObject({ writeUnits: 2 });
    expect(await send(service, 'batch/get', items)).toMatchObject({ readUnits: 2 });
    expect(await send(service, 'query', {})).toMatchObject({ readUnits: 2 });
    expect(await send(service, 'transaction', { set: items })).toMatchObject({ writeUnits: 2 });
    expect(await send(service, 'batch/delete', items)).toMatchObject({ writeUnits: 1 });
  });

  it('are borne by conflicts, which had to look, and not by malformed requests', async () => {
    const { service } = await fresh();
    await send(service, 'set', { key: 'k', value: 1 });
    const create = { key: 'k', value: 1, options: { keyPolicy: 'FAIL_IF_EXISTS' } };
    expect(await send(service, 'set', create)).toMatchObject({ status: 409, writeUnits: 1 });
    const bad = { key: '/', value: 1 };
    expect(await send(service, 'set', bad)).toMatchObject({ status: 400, ...FREE });
  });
});

describe('tools', () => {
  it('list, count and drop one installation and leave the others', async () => {
    const { service } = await fresh();
    for (const installation of ['a', 'b']) {
      await send(service, 'set', { key: 'k', value: 1 }, installation);
      await send(service, 'secret/set', { key: 's', value: 1 }, installation);
      const entity = { entityName: 'note', key: 'e', value: { text: 'x' } };
      await send(service, 'entity/set', entity, installation);
    }
    expect(await service.keys('a')).toEqual([
      { space: 'entity', entityName: 'note', key: 'e' },
      { space: 'plain', key: 'k' },
      { space: 'secret', key: 's' },
    ]);
    const bytes = '"k"1"s"1"e"{"text":"x"}'.length;
    expect(await service.stats('a')).toEqual({ keys: 3, bytes });
    await service.dropInstallation('a');
    expect(await service.stats('a')).toEqual({ keys: 0, bytes: 0 });
    expect(await service.keys('a')).toEqual([]);
    expect(await service.keys('b')).toHaveLength(3);
  });

  it('drop the rates and the past of an installation too', async () => {
    const { service, settings, clock } = await fresh();
    settings.queryLagMs = 1_000;
    settings.enforceQuotas = true;
    await send(service, 'set', { key: 'k', value: 1 });
    clock.advance(1_000);
    await send(service, 'delete', { key: 'k' });
    for (let i = 1; i < KVS_REQUESTS_PER_SECOND; i++) await send(service, 'get', { key: 'k' });
    expect(await send(service, 'get', { key: 'k' })).toMatchObject({ status: 429, ...FREE });
    await service.dropInstallation('a');
    expect(await send(service, 'query', {})).toMatchObject({ status: 200, body: { data: [] } });
  });

  it('sweep what has expired in every installation, and nothing else', async () => {
    const { service, clock } = await fresh();
    for (const installation of ['a', 'b']) {
      const options = { ttl: { value: 1, unit: 'MINUTES' } };
      await send(service, 'set', { key: 'short', value: 1, options }, installation);
      await send(service, 'set', { key: 'long', value: 1 }, installation);
    }
    expect(await service.sweepExpired()).toBe(0);
    clock.advance(60_000);
    expect(await service.sweepExpired()).toBe(2);
    expect(await service.keys('b')).toEqual([{ space: 'plain', key: 'long' }]);
  });

  it('refuse declarations that Forge would not deploy', async () => {
    const engine = await openMemoryEngine();
    const declare = (entities: EntityDeclaration[]) => () =>
      createKvsService({
        engine,
        entities,
        clock: manualClock(),
        settings: defaultKvsSettings(),
        random: () => 0.5,
      });
    expect(declare(Array.from({ length: 21 }, () => NOTE))).toThrow('21 entities, at most 20');
    const range = [{ name: 'two', partition: [], range: ['text', 'text'] }];
    expect(declare([{ ...NOTE, indexes: range }])).toThrow('range attributes of note.two');
    const unknown = [{ name: 'by-size', partition: [], range: ['size'] }];
    expect(declare([{ ...NOTE, indexes: unknown }])).toThrow('size, which is not declared');
  });
});

describe('the disk engine', () => {
  it('keeps values, metadata and secrets over a restart, and one process at a time', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'groundwork-kvs-'));
    try {
      const first = serviceOver(await openDiskEngine(directory));
      const options = { ttl: { value: 1, unit: 'HOURS' } };
      await send(first.service, 'set', { key: 'k', value: { a: ['ü'] }, options });
      await send(first.service, 'secret/set', { key: 'k', value: 'secret' });
      const metadataFields = ['CREATED_AT', 'UPDATED_AT', 'EXPIRE_TIME'];
      const get = { key: 'k', options: { metadataFields } };
      const before = await send(first.service, 'get', get);
      await expect(openDiskEngine(directory)).rejects.toThrow();
      await first.service.close();

      const second = serviceOver(await openDiskEngine(directory), first.clock);
      expect(await send(second.service, 'get', get)).toEqual(before);
      const secret = await send(second.service, 'secret/get', { key: 'k' });
      expect(secret.body).toEqual({ key: 'k', value: 'secret' });
      await second.service.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a lagging query', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }),
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
  );

  it('sees exactly the state of that long ago', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { service, clock, settings } = await fresh();
      settings.queryLagMs = 1_000;
      const states = [{ at: Number.NEGATIVE_INFINITY, rows: {} as Record<string, number> }];
      for (const move of steps) {
        const rows = { ...states.at(-1)?.rows };
        if (move.kind === 'wait') {
          clock.advance(move.ms);
        } else if (move.kind === 'set') {
          await send(service, 'set', { key: move.key, value: move.value });
          states.push({ at: clock.now(), rows: { ...rows, [move.key]: move.value } });
        } else {
          await send(service, 'delete', { key: move.key });
          delete rows[move.key];
          states.push({ at: clock.now(), rows });
        }
        const seen = states.findLast(({ at }) => at <= clock.now() - settings.queryLagMs)?.rows;
        const expected = Object.entries(seen ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
        const { body } = await send(service, 'query', {});
        expect(body).toEqual({ data: expected.map(([key, value]) => ({ key, value })) });
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
