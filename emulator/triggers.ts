/**
 * The scheduled triggers of the app. Each fires when its interval has passed since the platform was
 * created, and then at every interval; times at which nobody serves are left out.
 */
import type { TriggerDeclaration, TriggerInterval } from './app-manifest';
import type { LocalClock } from './clock';

const MINUTE_MS = 60_000;

const INTERVAL_MS: Readonly<Record<TriggerInterval, number>> = {
  fiveMinute: 5 * MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
  week: 7 * 24 * 60 * MINUTE_MS,
};

/**
 * What a scheduled trigger gives its function. Source: function-reference/scheduled-trigger,
 * 2025-02-07; the properties are those of events-reference/scheduled-trigger.
 */
export interface TriggerEvent {
  context: { cloudId: string; moduleKey: string };
  contextToken: string;
}

/** One run of a trigger's function. What it returns is ignored. */
export interface TriggerRun {
  trigger: string;
  installation: string;
  firedAt: number;
  /** What the function threw, if it did; it is not run again for that. */
  error?: unknown;
}

export interface TriggerScheduleOptions {
  triggers: readonly TriggerDeclaration[];
  clock: LocalClock;
  newToken: () => string;
  /** Runs a function of the app. */
  invoke: (name: string, event: TriggerEvent, installation: string) => Promise<unknown>;
}

export class TriggerSchedule {
  readonly #options: TriggerScheduleOptions;
  readonly #createdAt: number;

  constructor(options: TriggerScheduleOptions) {
    this.#options = options;
    this.#createdAt = options.clock.now();
  }

  /** Runs the function of a trigger now. */
  async fire(key: string, installation: string): Promise<TriggerRun> {
    const { triggers, clock, invoke, newToken } = this.#options;
    const trigger = triggers.find((candidate) => candidate.key === key);
    if (trigger === undefined) throw new Error(`the app manifest declares no trigger ${key}`);
    const context = { cloudId: installation, moduleKey: key };
    const run = { trigger: key, installation, firedAt: clock.now() };
    try {
      const event = { context, contextToken: newToken() };
      await clock.attend(() => invoke(trigger.function, event, installation));
      return run;
    } catch (error) {
      return { ...run, error };
    }
  }

  /** Calls back each time a trigger's time comes; the answer ends that. */
  start(due: (key: string) => void): () => void {
    const { clock, triggers } = this.#options;
    const cancels = new Map<string, () => void>();
    const arm = (trigger: TriggerDeclaration, after: number) => {
      const at = this.#nextTime(INTERVAL_MS[trigger.interval], after);
      const strike = () => {
        // A timer of the machine may strike a little early, and must not strike twice for that.
        arm(trigger, Math.max(at, clock.now()));
        due(trigger.key);
      };
      cancels.set(trigger.key, clock.after(at - clock.now(), strike, { deadline: true }));
    };
    for (const trigger of triggers) arm(trigger, clock.now());
    return () => {
      for (const cancel of cancels.values()) cancel();
    };
  }

  #nextTime(intervalMs: number, after: number): number {
    const passed = Math.floor((after - this.#createdAt) / intervalMs);
    return this.#createdAt + (passed + 1) * intervalMs;
  }
}
