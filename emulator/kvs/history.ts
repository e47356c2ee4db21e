/**
 * The versions that were replaced a short while ago, so that lagging reads can see the past. Kept
 * in memory for the longest lag in force at the time of each write; a restart forgets them, after
 * which a lagging read sees the present.
 */
import type { StoredRecord } from './record';

interface Replaced {
  at: number;
  /** What stood there before; undefined when nothing did. */
  record: StoredRecord | undefined;
}

export class History {
  /** Ordered by each key's newest replacement, so that the front is what may be forgotten. */
  private readonly replaced = new Map<string, Replaced[]>();

  /** Notes what a write at `at` replaces, and forgets what no read of `keepMs` lag can see. */
  note(engineKey: string, record: StoredRecord | undefined, at: number, keepMs: number): void {
    const oldest = at - keepMs;
    const kept = this.replaced.get(engineKey)?.filter((entry) => entry.at > oldest) ?? [];
    this.replaced.delete(engineKey);
    this.replaced.set(engineKey, [...kept, { at, record }]);
    for (const [key, entries] of this.replaced) {
      if (entries.some((entry) => entry.at > oldest)) break;
      this.replaced.delete(key);
    }
  }

  /** The version that stood at `time`, when it has been replaced since; else `present`. */
  versionAt(
    engineKey: string,
    time: number,
    present: StoredRecord | undefined,
  ): StoredRecord | undefined {
    const later = this.replaced.get(engineKey)?.find((entry) => entry.at > time);
    return later === undefined ? present : later.record;
  }

  /** Keys in [start, end) that changed after `time`, in engine order. */
  changedAfter(time: number, start: string, end: string): string[] {
    const keys: string[] = [];
    for (const [key, entries] of this.replaced) {
      if (key >= start && key < end && entries.some((entry) => entry.at > time)) keys.push(key);
    }
    return keys.sort();
  }

  clear(): void {
    this.replaced.clear();
  }
}
