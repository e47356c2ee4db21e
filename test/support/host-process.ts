/** `npm start` as a process of its own, on a store of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './project-files';

export interface HostProcess {
  origin: string;
  /** Ends it as Ctrl+C does and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it on a free port; it is ready when it says where. Errors: what it printed instead. */
export async function startHost(store: string): Promise<HostProcess> {
  const loader = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const words = ['--import', `file://${loader}`, join(ROOT, 'host', 'main.ts')];
  const child = spawn(process.execPath, [...words, '--port', '0', '--store', store], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    origin: await readOrigin(child),
    stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

/** Both streams are read to their end, so that the process is never held up by a full pipe. */
function readOrigin(child: ChildProcess): Promise<string> {
  const printed: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        const origin = /^Index instructions: (http:\/\/localhost:\d+) /.exec(line)?.[1];
        if (origin !== undefined) resolve(origin);
      });
    }
    child.once('exit', () => reject(new Error(`npm start ended:\n${printed.join('\n')}`)));
  });
}
