/**
 * The clocks of the local platform: the machine's own, and one that stands still until a test moves
 * it. Invariant of the virtual clock: time never passes while anything is still able to run.
 */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { PlatformClock } from './types';

export interface LocalClock extends PlatformClock {
  /**
   * Calls back once after `ms` milliseconds; the answer cancels. A deadline limits work and never
   * is what anybody waits for, so a virtual clock does not move forward for its sake alone.
   */
  after(ms: number, callback: () => void, options?: { deadline: boolean }): () => void;
  /** Marks work that needs real time (disk, sockets); a virtual clock stands still meanwhile. */
  during<T>(work: Promise<T>): Promise<T>;
  readonly virtual: boolean;
}

export interface VirtualClock extends LocalClock {
  /** Moves time forward, waking sleepers in the order of their times. */
  advance(ms: number): Promise<void>;
  /** Moves time from one sleeper to the next until the promise settles. */
  drive<T>(promise: Promise<T>): Promise<T>;
}

/** The time of this machine. */
export function realClock(): LocalClock {
  return {
    virtual: false,
    now: () => Date.now(),
    sleep: async (ms) => {
      await wait(ms);
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    during: (work) => work,
  };
}

/** A clock that stands at `startMs` (since the epoch) until `advance` or `drive` moves it. */
export function virtualClock(startMs: number): VirtualClock {
  return new SteppedClock(startMs);
}

/** Turns of the event loop that a chain of already settled promises gets to run down. */
const SETTLE_TURNS = 12;
/**
 * Waits of one real millisecond that disks and sockets get before virtual time moves on without
 * them: a server that never answers must still meet the function's time limit.
 */
const WORK_WAITS_MAX = 1_000;
/** The same for a driven promise that waits for nothing the clock knows: then deadlines strike. */
const DRIVE_WAITS_MAX = 3_000;

interface Timer {
  at: number;
  order: number;
  deadline: boolean;
  callback: () => void;
}

class SteppedClock implements VirtualClock {
  readonly virtual = true;
  #now: number;
  #order = 0;
  #timers = new Set<Timer>();
  #work = new Set<object>();
  #moving: Promise<void> = Promise.resolve();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  after(ms: number, callback: () => void, options = { deadline: false }): () => void {
    const at = this.#now + Math.max(0, ms);
    const timer: Timer = { at, order: this.#order++, deadline: options.deadline, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async during<T>(work: Promise<T>): Promise<T> {
    const mark = {};
    this.#work.add(mark);
    try {
      return await work;
    } finally {
      this.#work.delete(mark);
    }
  }

  advance(ms: number): Promise<void> {
    return this.#exclusively(() => this.#moveTo(this.#now + ms));
  }

  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const finish = () => {
      settled = true;
    };
    promise.then(finish, finish);
    let waits = 0;
    while (!settled) {
      await this.#exclusively(() => this.#settle());
      if (settled) break;
      const next = this.#earliest((timer) => !timer.deadline || waits >= DRIVE_WAITS_MAX);
      if (next === undefined) {
        await wait(1);
        waits += 1;
      } else {
        waits = 0;
        await this.#exclusively(() => this.#moveTo(Math.max(this.#now, next.at)));
      }
    }
    return promise;
  }

  /** Two moves at once would each settle what the other wakes; they take turns. */
  #exclusively(move: () => Promise<void>): Promise<void> {
    this.#moving = this.#moving.then(move);
    return this.#moving;
  }

  async #moveTo(target: number): Promise<void> {
    for (;;) {
      await this.#settle();
      const next = this.#earliest((timer) => timer.at <= target);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.callback();
    }
    this.#now = Math.max(this.#now, target);
  }

  #earliest(wanted: (timer: Timer) => boolean): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (!wanted(timer)) continue;
      const sooner =
        earliest === undefined ||
        timer.at < earliest.at ||
        (timer.at === earliest.at && timer.order < earliest.order);
      if (sooner) earliest = timer;
    }
    return earliest;
  }

  async #settle(): Promise<void> {
    for (let waits = 0; ; waits++) {
      for (let turns = 0; turns < SETTLE_TURNS; turns++) await turn();
      if (this.#work.size === 0) return;
      await wait(1);
      if (waits >= WORK_WAITS_MAX) this.#work.clear();
    }
  }
}
