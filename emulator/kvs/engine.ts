import type { AbstractLevel } from 'abstract-level';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';

/** Any abstract-level database: the service is one code above all of them. */
export type KvsEngine = AbstractLevel<string | Buffer | Uint8Array, string, string>;

/** For tests: gone when the process ends. */
export async function openMemoryEngine(): Promise<KvsEngine> {
  const engine = new MemoryLevel<string, string>();
  await engine.open();
  return engine;
}

/**
 * Keeps the data in a directory, which is created when absent and which one process at a time may
 * hold: a second one gets LEVEL_LOCKED.
 */
export async function openDiskEngine(directory: string): Promise<KvsEngine> {
  const engine = new ClassicLevel<string, string>(directory);
  await engine.open();
  return engine;
}
