import '../../emulator/globals';
import { Queue } from '@forge/events';
import { kvs } from '@forge/kvs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FunctionCrashed } from '../../emulator/errors';
import type { FaultAction, FaultRule } from '../../emulator/faults';
import { createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp();
});

const run = <T>(fn: () => Promise<T>) => app.platform.run({ installation: 'alpha' }, fn);

const on = (nth: number, action: FaultAction): FaultRule[] => [
  { match: { kind: 'kvs', path: '/api/v1/set' }, nth, action },
];

/** Three writes one after another, and what of them is stored in the end. */
async function writeThree(): Promise<{ error: unknown; stored: unknown[] }> {
  const error = await run(async () => {
    for (const key of ['a', 'b', 'c']) await kvs.set(key, key);
  }).catch((reason: unknown) => reason);
  app.platform.calls.setFaults([]);
  const stored = await run(() => Promise.all(['a', 'b', 'c'].map((key) => kvs.get(key))));
  return { error, stored };
}

describe('a fault', () => {
  it('of a failing call keeps the request from the service', async () => {
    app.platform.calls.setFaults(on(2, { type: 'fail', status: 429, code: 'TOO_MANY_REQUESTS' }));
    const { error, stored } = await writeThree();
    expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', responseDetails: { status: 429 } });
    expect(stored).toEqual(['a', undefined, undefined]);
  });

  it('of a lost answer leaves the write in place', async () => {
    app.platform.calls.setFaults(on(2, { type: 'timeout' }));
    const { error, stored } = await writeThree();
    expect(error).toMatchObject({ message: 'fetch failed' });
    expect(stored).toEqual(['a', 'b', undefined]);
  });

  it('of a lost request does not', async () => {
    app.platform.calls.setFaults(on(2, { type: 'timeout', applied: false }));
    expect((await writeThree()).stored).toEqual(['a', undefined, undefined]);
  });

  it('of a crash before a call ends the function without it', async () => {
    app.platform.calls.setFaults(on(2, { type: 'crash-before' }));
    const { error, stored } = await writeThree();
    expect(error).toBeInstanceOf(FunctionCrashed);
    expect(stored).toEqual(['a', undefined, undefined]);
  });

  it('of a crash after a call ends the function with it', async () => {
    app.platform.calls.setFaults(on(2, { type: 'crash-after' }));
    const { error, stored } = await writeThree();
    expect(error).toBeInstanceOf(FunctionCrashed);
    expect(stored).toEqual(['a', 'b', undefined]);
  });

  it('of the first rule that applies decides', async () => {
    const fail = (code: string): FaultAction => ({ type: 'fail', status: 500, code });
    app.platform.calls.setFaults([...on(2, fail('FIRST')), ...on(2, fail('SECOND'))]);
    expect((await writeThree()).error).toMatchObject({ code: 'FIRST' });
  });

  it('is met once, or every time when no number is given', async () => {
    const fail: FaultAction = { type: 'fail', status: 500, code: 'BROKEN' };
    const attempts = () =>
      run(() => Promise.allSettled([kvs.set('a', 1), kvs.set('b', 1), kvs.set('c', 1)]));
    const rejected = async () =>
      (await attempts()).filter(({ status }) => status === 'rejected').length;
    app.platform.calls.setFaults(on(2, fail));
    expect([await rejected(), await rejected()]).toEqual([1, 0]);
    app.platform.calls.setFaults([{ match: ({ kind }) => kind === 'kvs', action: fail }]);
    expect(await rejected()).toBe(3);
  });
});

it('lets a crashed function do nothing more, even if it catches the error', async () => {
  app.platform.calls.setFaults(on(1, { type: 'crash-before' }));
  let later: unknown;
  let resumed: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    resumed = resolve;
  });
  const work = run(async () => {
    await kvs.set('a', 1).catch(() => undefined);
    later = await kvs.set('b', 1).catch((error: unknown) => error);
    resumed();
  });
  await expect(work).rejects.toThrow(FunctionCrashed);
  await done;
  expect(later).toBeInstanceOf(FunctionCrashed);
  expect(await run(() => kvs.get('b'))).toBeUndefined();
});

it('redelivers the event of a consumer that crashed', async () => {
  app.platform.registerHandlers({ short: async () => kvs.set('a', 1) });
  app.platform.calls.setFaults(on(1, { type: 'crash-after' }));
  await run(() => new Queue({ key: 'short' }).push({ body: {} }));
  const deliveries = await app.platform.events.runUntilIdle();
  expect(deliveries.map(({ outcome }) => outcome)).toEqual(['retried', 'done']);
});

it('can crash a function at every call it makes', async () => {
  await writeThree();
  const crashPoints = app.platform.calls.log.filter(({ path }) => path === '/api/v1/set').length;
  expect(crashPoints).toBe(3);
  for (let nth = 1; nth <= crashPoints; nth++) {
    app = await createLocalApp({ faults: on(nth, { type: 'crash-before' }) });
    const { stored } = await writeThree();
    expect(stored.filter((value) => value !== undefined)).toHaveLength(nth - 1);
  }
});

it('logs calls by kind and path, never by key or value', async () => {
  await run(async () => {
    await kvs.set('secret-key', 'secret-value');
    await new Queue({ key: 'short' }).push({ body: { text: 'secret-body' } });
  });
  expect(app.platform.calls.log).toEqual([
    {
      number: 1,
      kind: 'kvs',
      path: '/api/v1/set',
      installation: 'alpha',
      caller: 'anonymous',
    },
    {
      number: 2,
      kind: 'events',
      path: '/webhook/queue/publish',
      installation: 'alpha',
      caller: 'anonymous',
    },
  ]);
});
