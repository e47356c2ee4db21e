/** What commands print: a line for people, or one JSON object for programs. */

import { SingleBar } from 'cli-progress';
import { GroundworkError } from '../src/errors';
import type { IndexProgress } from '../src/jobs/drive-here';

/** Prints one JSON object, or the lines for people. */
export function print(asJson: boolean, result: object, lines: readonly string[]): void {
  console.log(asJson ? JSON.stringify(result) : lines.join('\n'));
}

/** Prints an error; the code comes first, so that scripts and people find it. */
export function printError(asJson: boolean, error: unknown): void {
  const isOurs = GroundworkError.isInstance(error);
  const code = isOurs ? error.code : 'internal_error';
  const message = error instanceof Error ? error.message : String(error);
  if (asJson) console.log(JSON.stringify({ error: { code, message } }));
  console.error(`${code}: ${message}`);
  if (!isOurs && error instanceof Error) console.error(error.stack);
}

const PHASES: Record<IndexProgress['phase'], string> = {
  read: 'reading',
  embed: 'embedding',
  write: 'storing',
  publish: 'publishing',
};

/** A progress bar on stderr: drawn in place on a terminal, a line per phase elsewhere. */
export function createProgressBar(): { report(progress: IndexProgress): void; stop(): void } {
  const bar = new SingleBar({
    format: '  {phase} [{bar}] {value}/{total}',
    barsize: 40,
    barCompleteChar: '#',
    barIncompleteChar: '-',
    noTTYOutput: false,
    stopOnComplete: false,
  });
  let phase: IndexProgress['phase'] | undefined;
  return {
    report(progress) {
      if (!process.stderr.isTTY) {
        const ends = progress.done === progress.total;
        if (ends) console.error(`  ${PHASES[progress.phase]} ${progress.done}/${progress.total}`);
        return;
      }
      if (progress.phase !== phase) {
        if (phase !== undefined) bar.stop();
        phase = progress.phase;
        bar.start(progress.total, progress.done, { phase: PHASES[phase].padEnd(10) });
      } else bar.update(progress.done);
    },
    stop() {
      if (phase !== undefined && process.stderr.isTTY) bar.stop();
    },
  };
}

/** `1234567` as `1,234,567`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
