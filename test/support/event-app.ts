/** The small app with consumers that a test writes, for the tests of async events. */
import '../../emulator/globals';
import { Queue } from '@forge/events';
import type { DeliveredEvent } from '../../emulator/events/event';
import { APP_MANIFEST, createLocalApp, type LocalApp } from './local-app';

export type Consumer = (event: DeliveredEvent) => unknown;

export interface EventApp extends LocalApp {
  /** What the consumer was given, in order. */
  received: DeliveredEvent[];
}

type Options = Parameters<typeof createLocalApp>[0];
type Pushed = Parameters<Queue['push']>[0];

/** The app with this consumer on both queues; `received` collects what it was given. */
export async function eventApp(consumer: Consumer, options: Options = {}): Promise<EventApp> {
  const app = await createLocalApp(options);
  const received: DeliveredEvent[] = [];
  const handler = (event: DeliveredEvent) => {
    received.push(event);
    return consumer(event);
  };
  app.platform.registerHandlers({ short: handler, long: handler });
  return { ...app, received };
}

/** Pushes through `@forge/events` from inside an installation. */
export function push(
  app: LocalApp,
  events: Pushed,
  { queue = 'short', installation = 'alpha' } = {},
): ReturnType<Queue['push']> {
  return app.platform.run({ installation }, () => new Queue({ key: queue }).push(events));
}

/** So many events, numbered in their bodies. */
export function many(count: number): { body: { n: number } }[] {
  return Array.from({ length: count }, (_, n) => ({ body: { n } }));
}

/** The manifest of the small app with scheduled triggers of two of its functions. */
export const TRIGGER_MANIFEST = APP_MANIFEST.replace(
  'modules:\n',
  `modules:
  scheduledTrigger:
    - { key: push-on, function: tick, interval: fiveMinute }
    - { key: clean-up, function: sweep, interval: hour }
`,
).replace(
  '  function:\n',
  `  function:
    - { key: tick, handler: index.tick }
    - { key: sweep, handler: index.sweep, timeoutSeconds: 300 }
`,
);
