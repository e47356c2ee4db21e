/** A lease goes to one holder at a time, never gets stuck, and an older token is worth nothing. */
import '../../emulator/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kvs } from '@forge/kvs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import { LEASE_ENTITY } from '../../src/index/keys';
import { type LeaseRequest, releaseLease, renewLease, takeLease } from '../../src/index/lease';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { EntityStore } from '../../src/platform/ports';
import { createLocalApp, type LocalApp, START_MS, seededRandom } from '../support/local-app';
import { ROOT } from '../support/project-files';

const KEY = '00000000000000aa';
const TTL_MS = 60_000;
const manifest = readFileSync(join(ROOT, 'manifest.yml'), 'utf8');

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp({ manifest });
});

const run = <T>(work: (entities: EntityStore) => Promise<T>) =>
  app.platform.run({ installation: 'alpha' }, () => work(createForgePlatform().entities));

const request = (holder: string, change: Partial<LeaseRequest> = {}): LeaseRequest => ({
  ...{ key: KEY, holder, now: START_MS, ttlMs: TTL_MS },
  ...change,
});
const take = (holder: string, now = START_MS) =>
  run((entities) => takeLease(entities, request(holder, { now })));
const renew = (holder: string, token: number, now = START_MS) =>
  run((entities) => renewLease(entities, { ...request(holder, { now }), token }));
const release = (holder: string, token: number) =>
  run((entities) => releaseLease(entities, { key: KEY, holder, token }));
const stored = () => run((entities) => entities.get(LEASE_ENTITY, KEY));

const fault = (path: string, action: FaultAction, nth = 1) =>
  app.platform.calls.setFaults([{ match: { kind: 'kvs', path: `/api/v1/${path}` }, nth, action }]);
const CREATE = 'entity/set';
const CHANGE = 'transaction';

describe('a lease', () => {
  it('goes to the first, and to others when it has expired', async () => {
    expect(await take('a')).toEqual({ ok: true, token: 1 });
    const refused = { ok: false, holder: 'a', expiresAt: START_MS + TTL_MS };
    expect(await take('b', START_MS + TTL_MS - 1)).toEqual(refused);
    expect(await take('b', START_MS + TTL_MS)).toEqual({ ok: true, token: 2 });
    expect(await stored()).toEqual({
      token: 2,
      body: { holder: 'b', expiresAt: START_MS + 2 * TTL_MS },
    });
  });

  it('goes to its holder again, who gets a new token', async () => {
    await take('a');
    expect(await take('a')).toEqual({ ok: true, token: 2 });
    expect(await renew('a', 1)).toBe(false);
    expect(await renew('a', 2)).toBe(true);
  });

  it('is held for longer when it is renewed', async () => {
    await take('a');
    expect(await renew('a', 1, START_MS + TTL_MS / 2)).toBe(true);
    expect(await take('b', START_MS + TTL_MS)).toMatchObject({ ok: false });
    expect(await take('b', START_MS + 1.5 * TTL_MS)).toEqual({ ok: true, token: 2 });
  });

  it('is renewed late when nobody has taken it meanwhile', async () => {
    await take('a');
    expect(await renew('a', 1, START_MS + 10 * TTL_MS)).toBe(true);
  });

  it('is free at once when it is released', async () => {
    await take('a');
    await release('a', 1);
    expect(await take('b')).toEqual({ ok: true, token: 2 });
  });

  it('that was never taken is neither renewed nor released', async () => {
    expect(await renew('a', 1)).toBe(false);
    await release('a', 1);
    expect(await stored()).toBeUndefined();
  });

  it('of one key is none of another, nor of another installation', async () => {
    await take('a');
    const other = request('b', { key: 'other' });
    expect(await run((entities) => takeLease(entities, other))).toEqual({ ok: true, token: 1 });
    const beta = await app.platform.run({ installation: 'beta' }, () =>
      takeLease(createForgePlatform().entities, request('b')),
    );
    expect(beta).toEqual({ ok: true, token: 1 });
  });
});

describe('side by side', () => {
  it.each([
    ['of a lease that was never taken', 0],
    ['of one that has expired', 1],
  ])('one of many gets it: %s', async (_, before) => {
    if (before > 0) await take('old', START_MS - 2 * TTL_MS);
    const holders = Array.from({ length: 8 }, (_, n) => `h${n}`);
    const outcomes = await Promise.all(holders.map((holder) => take(holder)));
    const winners = outcomes.flatMap((outcome, n) => (outcome.ok ? [holders[n]] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.ok) expect(outcome.token).toBe(before + 1);
      else expect(outcome).toMatchObject({ holder: winners[0] });
    }
  });

  it('at any order of steps, no two tokens are the same and only the last one holds', async () => {
    const random = seededRandom(3);
    const tokens: number[] = [];
    let now = START_MS;
    for (let step = 0; step < 120; step += 1) {
      now += Math.floor(random() * TTL_MS);
      const holder = `h${Math.floor(random() * 3)}`;
      const outcome = await take(holder, now);
      if (!outcome.ok) continue;
      for (const token of tokens.slice(-3)) expect(await renew(holder, token, now)).toBe(false);
      tokens.push(outcome.token);
      expect(await renew(holder, outcome.token, now)).toBe(true);
      if (random() < 0.3) await release(holder, outcome.token);
    }
    expect(tokens).toEqual(tokens.map((_, n) => n + 1));
    expect(tokens.length).toBeGreaterThan(30);
  });
});

describe('two that both believe they hold it', () => {
  it('are told apart by the token, and the first can do no harm', async () => {
    await take('a');
    // The clock of b is an hour ahead.
    expect(await take('b', START_MS + 3_600_000)).toEqual({ ok: true, token: 2 });
    expect(await renew('a', 1)).toBe(false);
    await release('a', 1);
    expect(await stored()).toMatchObject({ token: 2, body: { holder: 'b' } });
    expect(await renew('b', 2, START_MS + 3_600_000)).toBe(true);
  });

  it('no clock that is ahead keeps the lease from others for longer than two lengths', async () => {
    await take('a', START_MS + 3_600_000);
    expect(await take('b')).toEqual({ ok: true, token: 2 });
    await take('b', START_MS + TTL_MS);
    expect(await take('c')).toMatchObject({ ok: false, holder: 'b' });
  });

  it('a clock that is behind waits longer, and then takes it', async () => {
    await take('a');
    expect(await take('b', START_MS - 30_000)).toMatchObject({ ok: false });
    expect(await take('b', START_MS + TTL_MS)).toMatchObject({ ok: true });
  });
});

describe('an answer that is lost', () => {
  const lost: FaultAction = { type: 'timeout', applied: true };

  it('after a take that happened is one that was granted', async () => {
    fault(CREATE, lost);
    expect(await take('a')).toEqual({ ok: true, token: 1 });
    fault(CHANGE, lost);
    expect(await take('b', START_MS + TTL_MS)).toEqual({ ok: true, token: 2 });
  });

  it('after a renewal and a release that happened is no error', async () => {
    await take('a');
    fault(CHANGE, lost);
    expect(await renew('a', 1, START_MS + 1_000)).toBe(true);
    fault(CHANGE, lost);
    await release('a', 1);
    expect(await take('b')).toEqual({ ok: true, token: 2 });
  });

  it.each([CREATE, CHANGE])('before %s happened is an error, and nothing is held', async (path) => {
    if (path === CHANGE) await take('old', START_MS - TTL_MS);
    fault(path, { type: 'timeout', applied: false });
    const expected = { code: 'store_unavailable', retryable: true };
    await expect(take('a')).rejects.toMatchObject(expected);
    expect(await take('b')).toMatchObject({ ok: true });
  });

  it('while another takes it is no grant', async () => {
    await take('old', START_MS - TTL_MS);
    await expect(
      run(async (entities) =>
        takeLease(
          {
            ...entities,
            transact: async (sets) => {
              // The other is faster, and the answer that says so is lost.
              app.platform.calls.setFaults([]);
              await takeLease(entities, request('b'));
              fault(CHANGE, lost);
              return entities.transact(sets);
            },
          },
          request('a'),
        ),
      ),
    ).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await stored()).toMatchObject({ body: { holder: 'b' } });
  });

  it('that is a refusal stays an error', async () => {
    fault(CREATE, { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' });
    await expect(take('a')).rejects.toMatchObject({ code: 'store_throttled' });
  });
});

describe('what the platform has not swept', () => {
  it.each([true, false])('never blocks (expired keys conflict: %s)', async (conflict) => {
    app.settings.expiredKeysConflict = conflict;
    // As an expired value of a time to live would stand there.
    const body = { holder: 'gone', expiresAt: START_MS + 1_000 };
    const ttl = { value: 1, unit: 'SECONDS' as const };
    await run(() => kvs.entity(LEASE_ENTITY).set(KEY, { token: 7, body }, { ttl }));
    await app.clock.advance(5_000);
    expect(await take('a', app.clock.now())).toEqual({ ok: true, token: 8 });
    expect(await renew('a', 8, app.clock.now())).toBe(true);
  });

  it('nor does a lease whose body nobody can read', async () => {
    const value = { token: 3, body: { holder: 4 } };
    await run((entities) => entities.create(LEASE_ENTITY, KEY, value));
    expect(await take('a')).toEqual({ ok: true, token: 4 });
  });

  it('but one without a token is damaged, and said to be', async () => {
    await run((entities) => entities.create(LEASE_ENTITY, KEY, { body: {} }));
    await expect(take('a')).rejects.toMatchObject({ code: 'value_corrupt' });
  });
});

it('costs one read and one write to take', async () => {
  const cost = async (work: () => Promise<unknown>) =>
    (await app.platform.measure('lease', work)).reading;
  expect(await cost(() => take('a'))).toMatchObject({ readUnits: 1, writeUnits: 1, requests: 2 });
  const later = START_MS + TTL_MS;
  expect(await cost(() => take('b', later))).toMatchObject({ readUnits: 1, writeUnits: 1 });
  expect(await cost(() => take('c', later))).toMatchObject({ readUnits: 1, writeUnits: 0 });
});
