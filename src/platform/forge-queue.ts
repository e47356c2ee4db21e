/** Async events on Forge, by means of @forge/events. The only file that imports it. */

import { Queue } from '@forge/events';
import type { EventQueue } from './ports';

/** The queue of that key in manifest.yml. */
export function createForgeQueue(key: string): EventQueue {
  const queue = new Queue({ key });
  return {
    async push(body, options) {
      const delay = options?.delaySeconds;
      await queue.push(delay === undefined ? { body } : { body, delayInSeconds: delay });
    },
  };
}
