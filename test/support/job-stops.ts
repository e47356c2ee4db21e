/** Stops jobs at a chosen point of their life, by ending the functions that work on them. */
import type { FaultAction } from '../../emulator/faults';
import { type JobState, parseJobState } from '../../src/jobs/job';
import type { ConditionalSet, Platform } from '../../src/platform/ports';
import type { HandlerApp } from './handler-app';

export const CONSUMER = 'index-documents';

/** Points of a job's life at which its coordinator can be ended. */
export const POINTS = {
  plan: ({ phase, planned, isPlanComplete }) => phase === 'plan' && planned > 0 && !isPlanComplete,
  embed: ({ phase, lanesAt }) => phase === 'embed' && lanesAt > 0,
  seal: ({ phase }) => phase === 'seal',
  publish: ({ phase }) => phase === 'publish',
  sweep: ({ phase }) => phase === 'sweep',
} satisfies Record<string, (state: JobState) => boolean>;

export type Point = keyof typeof POINTS;

/**
 * Calls back each time that a state of a job was written which is as wanted, before the function
 * that wrote it goes on.
 */
export function onState(
  app: HandlerApp,
  wanted: (state: JobState) => boolean,
  act: (state: JobState) => void | Promise<void>,
): void {
  app.around = (platform) =>
    withTransact(platform, async (sets, next) => {
      const isDone = await next();
      for (const { entity, value } of sets) {
        const state = entity === 'job' ? parseJobState(value['body']) : undefined;
        if (isDone && state !== undefined && wanted(state)) await act(state);
      }
      return isDone;
    });
}

/** From the first time that a job comes to a point, the consumer dies at every call it makes. */
export function crashAt(app: HandlerApp, point: Point): void {
  onState(
    app,
    (state) => state.state === 'running' && POINTS[point](state),
    () => {
      faultConsumer(app, { type: 'crash-before' });
    },
  );
}

/** What the consumer meets at every call to the platform from now on. */
export function faultConsumer(app: HandlerApp, action: FaultAction): void {
  app.platform.calls.setFaults([{ match: ({ caller }) => caller === CONSUMER, action }]);
}

/** Ends the faults, and leaves the platform as it is. */
export function mend(app: HandlerApp): void {
  app.around = (platform) => platform;
  app.platform.calls.setFaults([]);
}

export function withTransact(
  platform: Platform,
  transact: (sets: readonly ConditionalSet[], next: () => Promise<boolean>) => Promise<boolean>,
): Platform {
  const { entities } = platform;
  return {
    ...platform,
    entities: { ...entities, transact: (sets) => transact(sets, () => entities.transact(sets)) },
  };
}
