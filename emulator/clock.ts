/**
 * The clocks of the local platform: the machine's own, and one that stands still until a test moves
 * it. Invariant of the virtual clock: time never passes while anything is still able to run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { PlatformClock } from './types';

export interface LocalClock extends PlatformClock {
  /**
   * Calls back once after `ms` milliseconds; the answer cancels. A deadline limits work and never
   * is what anybody waits for: a virtual clock does not move forward for its sake alone, and the
   * machine's clock does not keep the process for it.
   */
  after(ms: number, callback: () => void, options?: { deadline: boolean }): () => void;
  /** Marks work that needs real time (disk, sockets); a virtual clock stands still meanwhile. */
  during<T>(work: Promise<T>): Promise<T>;
  /**
   * Runs a function of the app, which may read files or compute in turns unseen: a virtual clock
   * stands still while it runs, except while it sleeps on the clock itself.
   */
  attend<T>(run: () => Promise<T>): Promise<T>;
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
    after(ms, callback, options) {
      const timer = setTimeout(callback, ms);
      if (options?.deadline === true) timer.unref();
      return () => clearTimeout(timer);
    },
    during: (work) => work,
    attend: (run) => run(),
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
  /** What sleeps until then. */
  sleeper: Attended | undefined;
}

/** A function that is attended by a clock, by the number of its sleeps under way. */
interface Attended {
  clock: VirtualClock;
  sleeps: number;
}

/** One for all clocks: each further one would slow down every promise of the process for good. */
const attendedHere = new AsyncLocalStorage<Attended>();

class SteppedClock implements VirtualClock {
  readonly virtual = true;
  #now: number;
  #order = 0;
  #timers = new Set<Timer>();
  #work = new Set<object>();
  #attended = new Set<Attended>();
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
    const { deadline } = options;
    const attended = attendedHere.getStore();
    const sleeper = deadline || attended?.clock !== this ? undefined : attended;
    if (sleeper !== undefined) sleeper.sleeps += 1;
    const timer: Timer = { at, order: this.#order++, deadline, callback, sleeper };
    this.#timers.add(timer);
    return () => this.#remove(timer);
  }

  async attend<T>(run: () => Promise<T>): Promise<T> {
    const attended: Attended = { clock: this, sleeps: 0 };
    this.#attended.add(attended);
    try {
      return await attendedHere.run(attended, run);
    } finally {
      this.#attended.delete(attended);
    }
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
      this.#remove(next);
      next.callback();
    }
    this.#now = Math.max(this.#now, target);
  }

  #remove(timer: Timer): void {
    if (this.#timers.delete(timer) && timer.sleeper !== undefined) timer.sleeper.sleeps -= 1;
  }

  get #isBusy(): boolean {
    return this.#work.size > 0 || [...this.#attended].some(({ sleeps }) => sleeps === 0);
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
      if (!this.#isBusy) return;
      await wait(1);
      if (waits < WORK_WAITS_MAX) continue;
      this.#work.clear();
      this.#attended.clear();
    }
  }
}
