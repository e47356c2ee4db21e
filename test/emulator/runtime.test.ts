import '../../emulator/globals';
import { getAppContext, permissions } from '@forge/api';
import { kvs } from '@forge/kvs';
import Resolver from '@forge/resolver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FunctionEnded, FunctionTimeout, PayloadTooLarge } from '../../emulator/errors';
import {
  CONSUMER_TIMEOUT_SECONDS_DEFAULT,
  INVOKE_REQUEST_BYTES_MAX,
  INVOKE_RESPONSE_BYTES_MAX,
  RESOLVER_TIMEOUT_SECONDS,
} from '../../src/platform/limits';
import { APP_MANIFEST, createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp();
});
afterEach(() => app.platform.close());

describe('an invocation', () => {
  it('stores values with the genuine package, apart for each installation', async () => {
    const visit = (installation: string) =>
      app.platform.run({ installation }, async () => {
        const before = await kvs.get('visitor');
        await kvs.set('visitor', installation);
        return [before, await kvs.get('visitor')];
      });
    expect(await Promise.all([visit('alpha'), visit('beta')])).toEqual([
      [undefined, 'alpha'],
      [undefined, 'beta'],
    ]);
  });

  it('has its own context while others run', async () => {
    const describeContext = (installation: string) =>
      app.platform.run({ installation, function: 'resolver' }, async () => {
        await kvs.get('anything');
        const context = getAppContext();
        return [context.installationAri.installationId, context.moduleKey];
      });
    expect(await Promise.all([describeContext('alpha'), describeContext('beta')])).toEqual([
      ['alpha', 'resolver'],
      ['beta', 'resolver'],
    ]);
  });

  it('tells its permissions as the manifest gives them', async () => {
    const answers = await app.platform.run({ installation: 'alpha' }, async () => [
      permissions.hasScope('storage:app'),
      permissions.hasScope('write:jira-work'),
      permissions.canFetchFrom('backend', 'https://generativelanguage.googleapis.com/v1'),
      permissions.canFetchFrom('backend', 'https://elsewhere.test/'),
    ]);
    expect(answers).toEqual([true, false, true, false]);
  });

  it('counts its remaining time down', async () => {
    const remaining = await app.platform.run(
      { installation: 'alpha', function: 'resolver' },
      async () => {
        const { invocationRemainingTimeInMillis: left } = getAppContext();
        const before = left();
        await app.clock.advance(4_000);
        return [before, left()];
      },
    );
    const limitMs = RESOLVER_TIMEOUT_SECONDS * 1000;
    expect(remaining).toEqual([limitMs, limitMs - 4_000]);
  });

  it('ends at its time limit, and nothing it does later takes effect', async () => {
    let late: unknown;
    const running = app.platform.run({ installation: 'alpha', function: 'resolver' }, async () => {
      await kvs.set('early', 1);
      await app.clock.sleep(RESOLVER_TIMEOUT_SECONDS * 1000 + 1);
      late = await kvs.set('late', 1).catch((error: unknown) => error);
    });
    const outcome = expect(running).rejects.toThrow(FunctionTimeout);
    await app.clock.advance(RESOLVER_TIMEOUT_SECONDS * 1000 + 1);
    await outcome;
    expect(late).toBeInstanceOf(FunctionTimeout);
    const stored = await app.platform.run({ installation: 'alpha' }, () =>
      Promise.all([kvs.get('early'), kvs.get('late')]),
    );
    expect(stored).toEqual([1, undefined]);
  });

  it('gets no answer after its end to a request that still takes effect', async () => {
    const slow = await createLocalApp({ latency: { requestMs: 30, bytesPerMs: 1_000 } });
    let answer: unknown;
    const running = slow.platform.run({ installation: 'alpha', timeLimitMs: 20 }, async () => {
      answer = await kvs.set('key', 1).catch((error: unknown) => error);
    });
    await expect(slow.clock.drive(running)).rejects.toThrow(FunctionTimeout);
    await slow.clock.advance(30);
    expect(answer).toBeInstanceOf(FunctionTimeout);
    const stored = slow.platform.run({ installation: 'alpha' }, () => kvs.get('key'));
    expect(await slow.clock.drive(stored)).toBe(1);
  });

  it('may not call the platform once it has returned', async () => {
    let forgotten: Promise<unknown> = Promise.resolve();
    await app.platform.run({ installation: 'alpha' }, async () => {
      forgotten = app.clock.sleep(10).then(() => kvs.set('forgotten', 1));
      forgotten.catch(() => undefined);
    });
    await app.clock.advance(10);
    await expect(forgotten).rejects.toThrow(FunctionEnded);
  });

  it('needs storage:app to store', async () => {
    const poor = await createLocalApp({ manifest: APP_MANIFEST.replace('storage:app,', '') });
    const running = poor.platform.run({ installation: 'alpha' }, () => kvs.get('key'));
    await expect(running).rejects.toMatchObject({ responseDetails: { status: 403 } });
  });
});

it('has no platform outside an invocation', async () => {
  await expect(kvs.get('key')).rejects.toThrow(/outside any invocation/);
  expect(() => getAppContext()).toThrow(/runtime not found/i);
});

describe('invokeFunction', () => {
  const call = (functionKey: string, payload: unknown) => ({
    call: { functionKey, payload },
    context: { moduleKey: 'admin' },
  });

  it('runs a genuine resolver for the user who asks', async () => {
    const resolver = new Resolver();
    resolver.define('whoami', ({ payload, context }) => ({
      payload,
      accountId: context['accountId'],
      moduleKey: context['moduleKey'],
    }));
    app.platform.registerHandlers({ resolver: resolver.getDefinitions() });
    const answer = await app.platform.invokeFunction('resolver', call('whoami', { n: 1 }), {
      installation: 'alpha',
      accountId: 'user-1',
    });
    expect(answer).toEqual({ payload: { n: 1 }, accountId: 'user-1', moduleKey: 'admin' });
  });

  it('gives a consumer the longer time', async () => {
    const left = () => getAppContext().invocationRemainingTimeInMillis();
    app.platform.registerHandlers({ resolver: left, short: left, long: left });
    const limits = [];
    for (const key of ['resolver', 'short', 'long']) {
      limits.push(await app.platform.invokeFunction(key, {}, { installation: 'alpha' }));
    }
    const frontEnd = { installation: 'alpha', kind: 'front-end' } as const;
    limits.push(await app.platform.invokeFunction('long', {}, frontEnd));
    expect(limits).toEqual([
      RESOLVER_TIMEOUT_SECONDS * 1000,
      CONSUMER_TIMEOUT_SECONDS_DEFAULT * 1000,
      900_000,
      RESOLVER_TIMEOUT_SECONDS * 1000,
    ]);
  });

  it('carries payloads as JSON, up to the limits of the platform', async () => {
    app.platform.registerHandlers({
      resolver: (event: { text: string; count: number }) => event.text.repeat(event.count),
    });
    const invoke = (text: string, count: number) =>
      app.platform.invokeFunction('resolver', { text, count }, { installation: 'alpha' });
    expect(await invoke('ab', 2)).toBe('abab');
    const oversize = 'a'.repeat(INVOKE_REQUEST_BYTES_MAX);
    await expect(invoke(oversize, 1)).rejects.toMatchObject({ part: 'request' });
    await expect(invoke('a', INVOKE_RESPONSE_BYTES_MAX)).rejects.toThrow(PayloadTooLarge);
    await expect(invoke('a', INVOKE_RESPONSE_BYTES_MAX - 2)).resolves.toHaveLength(
      INVOKE_RESPONSE_BYTES_MAX - 2,
    );
  });

  it('hands on a copy, not the objects of the caller', async () => {
    const event = { at: new Date(0), nothing: undefined };
    let received: unknown;
    app.platform.registerHandlers({
      resolver: (given: unknown) => {
        received = given;
        return { at: new Date(1) };
      },
    });
    const answer = await app.platform.invokeFunction('resolver', event, { installation: 'alpha' });
    expect(received).toStrictEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(answer).toEqual({ at: '1970-01-01T00:00:00.001Z' });
  });

  it('knows only functions of the manifest', () => {
    expect(() => app.platform.registerHandlers({ stranger: () => 1 })).toThrow(/stranger/);
  });
});
