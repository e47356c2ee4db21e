/**
 * The warm cache: decoded codes and centroids kept in memory between the invocations of one
 * function instance. Off unless the entry makes one (docs/decisions/0005-warm-cache.md): a query
 * must be cheap without it.
 *
 * An instance may serve several installations, so entries are keyed by installation, library and
 * generation, and a view opened for one installation cannot name another's. Only codes, centroids,
 * hashes of words and where chunks lie are kept: no text, no record, no vector. Bounded in bytes
 * and in age.
 */

import { LRUCache } from 'lru-cache';
import type { LibraryEntry } from './catalogue';
import type { CodeCache, Decoded } from './segment-heads';

export interface CodeCacheOptions {
  /** Decoded bytes kept of all installations together. */
  bytesMax: number;
  /** Milliseconds after which an entry is read again. */
  ageMsMax: number;
  /** Milliseconds that only grow. */
  now: () => number;
}

export interface CodeCaches {
  /** The view of one installation. */
  of(installation: string): CodeCache;
  /** Decoded bytes kept now. */
  readonly bytes: number;
}

export function createCodeCaches({ bytesMax, ageMsMax, now }: CodeCacheOptions): CodeCaches {
  const entries = new LRUCache<string, Decoded>({
    maxSize: bytesMax,
    sizeCalculation: bytesOf,
    ttl: ageMsMax,
    ttlResolution: 0,
    perf: { now },
  });
  return {
    of(installation) {
      const keyOf = ({ id, generation }: LibraryEntry, key: string) =>
        JSON.stringify([installation, id, generation, key]);
      return {
        get: (library, key) => entries.get(keyOf(library, key)),
        set: (library, key, decoded) => void entries.set(keyOf(library, key), decoded),
      };
    },
    get bytes() {
      entries.purgeStale();
      return entries.calculatedSize;
    },
  };
}

/** Bytes of the typed arrays, whose views may share one buffer with what was read beside them. */
function bytesOf(decoded: Decoded): number {
  const views = new Set<ArrayBufferView>();
  const collect = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) views.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(decoded);
  return [...views].reduce((bytes, view) => bytes + view.byteLength, 0);
}
