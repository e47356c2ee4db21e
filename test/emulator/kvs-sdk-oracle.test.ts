/**
 * @forge/kvs ships its own protocol test. Here it runs as it is, against canned answers, while
 * every request and answer is noted; then the same requests are sent to the storage service, which
 * must answer with the same status and the same fields.
 *
 * Its sibling transaction-api.test.js is of no use here: it replaces the package's own parts and
 * never builds a request.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import type { EntityDeclaration } from '../../emulator/types';
import { manualClock } from '../conformance/emulator-target';

interface Exchange {
  path: string;
  body: string;
  status: number;
  answer: string;
}

const require = createRequire(import.meta.url);
const shippedTest = require.resolve('@forge/kvs/out/__test__/index.test.js');
const exchanges: Exchange[] = [];

/** The one function of jest that the shipped test calls: an API client with one canned answer. */
const jest = {
  fn: () => ({
    mockResolvedValueOnce: (canned: Response) =>
      vi.fn(async (path: string, { body }: { body: string }) => {
        const answer = await canned.clone().text();
        exchanges.push({ path, body, status: canned.status, answer });
        return canned;
      }),
  }),
};

expect.extend({
  toMatchError(received: Error, expected: Error) {
    const pass = received.name === expected.name && received.message === expected.message;
    return { pass, message: () => `${received} should match ${expected}` };
  },
});

const runShippedTest = compileFunction(
  readFileSync(shippedTest, 'utf8'),
  ['exports', 'require', 'jest', 'describe', 'it', 'expect'],
  { filename: shippedTest },
);
runShippedTest({}, createRequire(shippedTest), jest, describe, it, expect);

const text = { type: 'string' } as const;
const any = { type: 'any' } as const;
const ENTITIES: EntityDeclaration[] = [
  { name: 'foo', attributes: { foo: any }, indexes: [] },
  { name: 'departments', attributes: { name: text }, indexes: [] },
  {
    name: 'employees',
    attributes: { name: text, age: any, employmentyear: any },
    indexes: [{ name: 'by-employmentyear', partition: ['employmentyear'], range: ['name'] }],
  },
];

async function freshService() {
  return createKvsService({
    engine: await openMemoryEngine(),
    entities: ENTITIES,
    clock: manualClock(),
    settings: defaultKvsSettings(),
    random: () => 0.5,
  });
}

type Fields = Record<string, unknown>;

/** The same question, with the cursors left out, which no other store can know. */
function question({ body }: Exchange): Fields | Fields[] {
  const content = JSON.parse(body) as Fields | Fields[];
  if (Array.isArray(content)) return content;
  const { after: _after, cursor: _cursor, ...rest } = content;
  return rest;
}

/** Writes the value that a canned success speaks of, so that the service can find it too. */
async function seed(send: (path: string, body: unknown) => Promise<unknown>, exchange: Exchange) {
  const asked = question(exchange);
  const { path, status } = exchange;
  const needsValue = /\/(get|query|delete)$/.test(path) && status < 300;
  if (!needsValue || Array.isArray(asked)) return;
  const value = asked['entityName'] === undefined ? 'bar' : {};
  const item = { key: 'foo', ...asked, value, options: { ttl: { value: 1, unit: 'DAYS' } } };
  await send(path.replace(/[a-z]+$/, 'set'), item);
}

const fieldsOf = (body: unknown) =>
  Object.keys((body ?? {}) as Fields)
    .filter((field) => field !== 'cursor' && field !== 'entityName')
    .sort();

describe('the exchanges of the shipped test, replayed', () => {
  it('are all there', () => {
    const paths = new Set(exchanges.map(({ path }) => path.replace('/api/v1/', '')));
    expect([...paths].sort()).toEqual([
      'batch/delete',
      'batch/get',
      'batch/set',
      'delete',
      'entity/delete',
      'entity/get',
      'entity/query',
      'entity/set',
      'get',
      'query',
      'secret/delete',
      'secret/get',
      'secret/set',
      'set',
      'transaction',
    ]);
    expect(exchanges.length).toBeGreaterThan(60);
  });

  it('get the same status and fields from the storage service', async () => {
    const differences: unknown[] = [];
    for (const exchange of exchanges.filter(isReplayable)) {
      const service = await freshService();
      const send = (path: string, body: unknown) =>
        service.handle({ installation: 'a', path, body: JSON.stringify(body) });
      await seed(send, exchange);
      const { status, body } = await send(exchange.path, question(exchange));
      const canned: unknown = exchange.answer === '' ? undefined : JSON.parse(exchange.answer);
      const expected = { status: statusOf(exchange), fields: fieldsOf(canned) };
      const found = { status, fields: fieldsOf(body) };
      const code = (answer: unknown) => (answer as Fields | undefined)?.['code'];
      if (JSON.stringify(found) !== JSON.stringify(expected) || code(body) !== code(canned)) {
        differences.push({
          path: exchange.path,
          body: exchange.body,
          expected,
          found,
          answer: body,
        });
      }
    }
    expect(differences).toEqual([]);
  });
});

/** The shipped test answers a transaction by an empty 200; the REST specification says 204. */
function statusOf({ status, answer }: Exchange): number {
  return answer === '' ? 204 : status;
}

/** Left out: answers that are no JSON or a server's fault, which the service never gives. */
function isReplayable({ status, answer }: Exchange): boolean {
  return status < 500 && (answer === '' || answer.startsWith('{'));
}
