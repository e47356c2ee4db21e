/** Work in a process of its own, so that its memory is its own. */

import { fork } from 'node:child_process';

/** The store in memory keeps a tree of its keys on the heap. */
const HEAP_MB = 8_000;

/**
 * Runs a module that calls `answerParent`, and gives its answer.
 * Errors: Error when the process ends without one.
 */
export function runInChild<T>(module: string, argument: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(module, {
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('message', (answer) => resolve(answer as T));
    child.once('exit', (code, signal) =>
      reject(new Error(`${argument}: its process ended with ${signal ?? code} and no answer`)),
    );
    child.send(argument);
  });
}

/** To be called once by a module that `runInChild` runs. */
export function answerParent(work: (argument: string) => Promise<object>): void {
  process.once('message', async (argument: string) => {
    process.send?.(await work(argument));
    process.disconnect();
  });
}
