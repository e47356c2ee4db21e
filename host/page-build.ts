/** Builds the page of static/admin where that has not been done since its sources last changed. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ofPackage } from '../cli/paths';

const run = promisify(execFile);

export const PAGE_FOLDER = ofPackage('static', 'admin');
export const PAGE_DIST = join(PAGE_FOLDER, 'dist');

/** What the built page is made of, besides its packages. */
const SOURCES = ['src', 'index.html', 'package-lock.json', 'tsconfig.json', 'vite.config.ts'];

/** Makes sure that the built page is there and of today. Errors: what npm or the build printed. */
export async function ensurePage(say: (line: string) => void): Promise<void> {
  const built = modifiedMs(join(PAGE_DIST, 'index.html'));
  if (built > Math.max(...SOURCES.map((source) => newestMs(join(PAGE_FOLDER, source))))) return;
  const lockMs = modifiedMs(join(PAGE_FOLDER, 'package-lock.json'));
  if (modifiedMs(join(PAGE_FOLDER, 'node_modules', '.package-lock.json')) < lockMs) {
    say('Installing what the page is built with (static/admin); this takes half a minute, once …');
    await npm('ci', '--include=dev', '--no-audit', '--no-fund', '--ignore-scripts');
  }
  say('Building the page (static/admin) …');
  await npm('run', 'build');
}

async function npm(...words: string[]): Promise<void> {
  try {
    // Under a test runner NODE_ENV says test, and React would be built for developers.
    await run('npm', words, { cwd: PAGE_FOLDER, env: { ...process.env, NODE_ENV: 'production' } });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`npm ${words.join(' ')} failed in static/admin:\n${stdout}${stderr}`, {
      cause: error,
    });
  }
}

/** When a file, or the newest file below a folder, was last changed. */
function newestMs(path: string): number {
  if (!statSync(path).isDirectory()) return modifiedMs(path);
  const below = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...below.map((name) => modifiedMs(join(path, name))));
}

/** 0 for what does not exist: older than anything. */
function modifiedMs(path: string): number {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}
