import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { realClock, virtualClock } from '../../emulator/clock';

it('stands still until it is moved, and wakes sleepers in the order of their times', async () => {
  const clock = virtualClock(1_000);
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} ${clock.now()}`);
  };
  const all = Promise.all([sleeper('b', 20), sleeper('a', 10), sleeper('c', 20)]);
  await wait(30);
  expect(woken).toEqual([]);
  await clock.advance(19);
  expect(woken).toEqual(['a 1010']);
  await clock.advance(1);
  await all;
  expect(woken).toEqual(['a 1010', 'b 1020', 'c 1020']);
});

it('wakes a sleeper that went to sleep while time passed', async () => {
  const clock = virtualClock(0);
  const times: number[] = [];
  const work = async () => {
    for (let step = 0; step < 3; step++) {
      await clock.sleep(10);
      times.push(clock.now());
    }
  };
  const done = work();
  await clock.advance(30);
  await done;
  expect(times).toEqual([10, 20, 30]);
});

it('drives a promise from sleeper to sleeper, not to a deadline nobody waits for', async () => {
  const clock = virtualClock(0);
  let struck = false;
  clock.after(
    5,
    () => {
      struck = true;
    },
    { deadline: true },
  );
  const quick = async () => {
    await wait(20);
    return clock.now();
  };
  expect(await clock.drive(quick())).toBe(0);
  expect(struck).toBe(false);
  expect(await clock.drive(clock.sleep(10).then(() => clock.now()))).toBe(10);
  expect(struck).toBe(true);
});

it('stands still while real work is under way', async () => {
  const clock = virtualClock(0);
  const slow = clock.during(wait(40)).then(() => clock.sleep(5));
  const finished = slow.then(() => clock.now());
  await clock.advance(5);
  expect(await finished).toBe(5);
});

it('stands still while an attended function works, and moves while it sleeps on the clock', async () => {
  const clock = virtualClock(0);
  const times: number[] = [];
  const done = clock.attend(async () => {
    await wait(20);
    times.push(clock.now());
    await clock.sleep(30);
    times.push(clock.now());
    await wait(20);
    times.push(clock.now());
  });
  await clock.advance(100);
  await done;
  expect(times).toEqual([0, 30, 30]);
  expect(clock.now()).toBe(100);
});

it('moves on without an attended function that never ends', async () => {
  const clock = virtualClock(0);
  void clock.attend(() => new Promise(() => undefined));
  await clock.advance(10);
  expect(clock.now()).toBe(10);
});

it('forgets what was cancelled', async () => {
  const clock = virtualClock(0);
  let called = false;
  const cancel = clock.after(5, () => {
    called = true;
  });
  cancel();
  await clock.advance(10);
  expect(called).toBe(false);
});

it('hands on the failure of a driven promise', async () => {
  const clock = virtualClock(0);
  const failing = clock.sleep(5).then(() => {
    throw new Error('late');
  });
  await expect(clock.drive(failing)).rejects.toThrow('late');
});

it('takes the time of the machine for the real clock', async () => {
  const clock = realClock();
  const before = Date.now();
  await clock.sleep(20);
  expect(clock.now()).toBeGreaterThanOrEqual(before + 19);
  let called = false;
  const cancel = clock.after(1, () => {
    called = true;
  });
  cancel();
  await clock.sleep(10);
  expect(called).toBe(false);
});
