import { describe, expect, it } from 'vitest';
import { settleAll } from '../../src/settle-all';

describe('settleAll', () => {
  it('gives the values in order', async () => {
    expect(await settleAll([1, Promise.resolve('two')])).toEqual([1, 'two']);
  });

  it('throws the first error only after every promise has settled', async () => {
    let release: () => void = () => undefined;
    let isSlowDone = false;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    }).then(() => {
      isSlowDone = true;
    });
    let isThrown = false;
    const all = settleAll([Promise.reject(new Error('first')), slow]).catch((error) => {
      isThrown = true;
      return error;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThrown).toBe(false);
    release();
    expect(await all).toMatchObject({ message: 'first' });
    expect(isSlowDone).toBe(true);
  });
});
