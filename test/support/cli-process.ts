/** Runs the `groundwork` command as a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './project-files';

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** The one JSON object on stdout; undefined when stdout is anything else. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of each command.
  json: any;
}

/** Without the keys of providers and the folder of npm that this process may have been given. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !['OPENAI_API_KEY', 'INIT_CWD'].includes(name)),
);

export function groundwork(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<CliResult> {
  const loader = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const command = ['--import', `file://${loader}`, join(ROOT, 'cli', 'main.ts'), ...args];
  const env = { ...ENVIRONMENT, ...options.env };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: options.cwd, env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code ?? 1);
      resolve({ exitCode, stdout, stderr, json: parsed(stdout) });
    });
  });
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}
