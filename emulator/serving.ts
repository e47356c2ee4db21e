/** Keeps the platform going: delivers what comes due and fires triggers, until it is stopped. */
import type { Delivery } from './events/event';
import type { EventService } from './events/event-service';
import type { TriggerRun, TriggerSchedule } from './triggers';

export interface ServingOptions {
  /** Those whose scheduled triggers fire; events are delivered whatever their installation. */
  installations: readonly string[];
  /** False to fire no trigger. */
  triggers?: boolean;
  /** Learns how each delivery ended. */
  delivered?: (delivery: Delivery) => void;
  /** Learns how each run of a trigger ended. */
  triggered?: (run: TriggerRun) => void;
}

export interface Serving {
  /** Begins nothing more and waits until what is under way has ended. */
  stop(): Promise<void>;
  /** Begins nothing more. */
  halt(): void;
}

/** What ended while the platform served. */
export interface RunReport {
  deliveries: Delivery[];
  triggerRuns: TriggerRun[];
}

export function startServing(
  options: ServingOptions,
  { events, schedule }: { events: EventService; schedule: TriggerSchedule },
): Serving {
  const { installations, triggers = true, delivered, triggered } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const fire = async (key: string, installation: string) => {
    const run = await schedule.fire(key, installation);
    triggered?.(run);
  };
  const fireAll = (key: string) => {
    for (const installation of installations) {
      const run = fire(key, installation).finally(() => running.delete(run));
      running.add(run);
    }
  };
  const endTriggers = triggers ? schedule.start(fireAll) : () => undefined;
  const report = (delivery: Delivery) => delivered?.(delivery);
  const served = events.serve(stopping.signal, report);
  const halt = () => {
    endTriggers();
    stopping.abort();
  };
  return {
    halt,
    async stop() {
      halt();
      await served;
      await Promise.all([events.settled(report), ...running]);
    },
  };
}
