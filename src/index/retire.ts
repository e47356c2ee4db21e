/**
 * What becomes of generations that are live no more. The one before the live one is kept whole, so
 * that it can be restored. What older ones had waits until no query can be reading it any more, and
 * is swept then. A deletion keeps nothing: all that may hold the deleted text goes at once.
 */

import type { Platform } from '../platform/ports';
import {
  type IndexManifest,
  type LibraryEntry,
  loadManifest,
  manifestValue,
  type RetiredSegments,
} from './catalogue';
import { MANIFEST_ENTITY } from './keys';
import type { Publication } from './publish';
import { liveDocuments, loadSegmentDocuments } from './reader';
import { type SegmentDescriptor, segmentState } from './segment';
import { sweep } from './sweep';

/** How long retired segments stay readable: no function of the app runs for so long. */
export const RETIRED_GRACE_MS = 60 * 60 * 1_000;

/** Bytes of retired segments that a manifest names; beyond them the oldest go without waiting. */
const RETIRED_BYTES_MAX = 100_000;

export interface Succession {
  /** What is live, and the manifest of the same generation; undefined of a library that is new. */
  library: LibraryEntry | undefined;
  manifest: IndexManifest | undefined;
  /** What will be live. */
  segments: readonly SegmentDescriptor[];
  /** Whether documents are deleted: then nothing is kept. */
  isDeletion: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * What a publish keeps of the generations before it. A publish that changes no segment, such as
 * another assignment to projects, leaves the generation that can be restored as it is.
 */
export function succession(change: Succession): Pick<Publication, 'previous' | 'retired'> {
  const { library, manifest, segments, now } = change;
  if (library === undefined) return { previous: null, retired: [] };
  const before = manifest?.previous ?? null;
  const retired = manifest?.retired ?? [];
  if (change.isDeletion) {
    const all = [...retired.flatMap((entry) => entry.segments), ...(before?.segments ?? [])];
    return { previous: null, retired: retire([...all, ...library.segments], segments, 0) };
  }
  const states = new Set(segments.map(segmentState));
  const isSame =
    library.segments.length === segments.length &&
    library.segments.every((segment) => states.has(segmentState(segment)));
  if (isSame) return { previous: before, retired };
  const { generation, fingerprint, calibration } = library;
  const named = [...library.segments, ...segments];
  return {
    previous: { generation, fingerprint, calibration, segments: library.segments },
    retired: withinBytes([...retired, ...retire(before?.segments ?? [], named, now)]),
  };
}

/**
 * Sweeps the retired segments of a library whose grace has passed, and takes them off the manifest.
 * Does nothing to what was never published. Repeating it is harmless, also beside a publish: what
 * that one names, this manifest names too.
 * Errors: `value_corrupt` when a segment is too damaged to say what it held (the others are swept
 * all the same), `value_missing`, and those of the store.
 */
export async function sweepRetired(
  platform: Pick<Platform, 'kv' | 'entities'>,
  libraryId: string,
  { now, graceMs }: { now: number; graceMs: number },
): Promise<void> {
  const { kv, entities } = platform;
  const manifest = await loadManifest(entities, libraryId);
  if (manifest === undefined) return;
  const isDue = ({ at }: RetiredSegments) => now - at >= graceMs;
  const due = manifest.retired.filter(isDue);
  if (due.length === 0) return;
  const waiting = manifest.retired.filter((entry) => !isDue(entry));
  const current = distinct([
    ...manifest.segments,
    ...(manifest.previous?.segments ?? []),
    ...waiting.flatMap(({ segments }) => segments),
  ]);
  const kept = liveDocuments(await loadSegmentDocuments(kv, libraryId, current));
  const retired = distinct(due.flatMap(({ segments }) => segments));
  const unswept = await sweep(kv, { libraryId, retired, current, kept });
  const left = new Set(unswept.map(({ descriptor }) => segmentState(descriptor)));
  const unsweptEntries = due.map(({ at, segments }) => ({
    at,
    segments: segments.filter((segment) => left.has(segmentState(segment))),
  }));
  const named = [...unsweptEntries.filter(({ segments }) => segments.length > 0), ...waiting];
  // Whoever published meanwhile names what is swept here too, and the next sweep finds it gone.
  await entities.transact([
    {
      entity: MANIFEST_ENTITY,
      key: libraryId,
      value: manifestValue({ ...manifest, retired: named }),
      condition: { attribute: 'generation', equals: manifest.generation },
    },
  ]);
  const [first] = unswept;
  if (first !== undefined) throw first.error;
}

/** Segments that nothing named any more has in the same state; no entry where there is none. */
function retire(
  segments: readonly SegmentDescriptor[],
  named: readonly SegmentDescriptor[],
  at: number,
): RetiredSegments[] {
  const states = new Set(named.map(segmentState));
  const gone = distinct(segments).filter((segment) => !states.has(segmentState(segment)));
  // Nobody chooses lists by it any more, and tables would be most of the manifest.
  const lean = gone.map((segment) => ({
    ...segment,
    table: typeof segment.table === 'string' ? '' : segment.table,
  }));
  return lean.length === 0 ? [] : [{ at, segments: lean }];
}

/** The same, of which the oldest are to go at once where they are too many to be named. */
function withinBytes(retired: readonly RetiredSegments[]): RetiredSegments[] {
  let bytes = 0;
  return [...retired]
    .reverse()
    .map((entry) => {
      bytes += Buffer.byteLength(JSON.stringify(entry));
      return bytes > RETIRED_BYTES_MAX ? { ...entry, at: 0 } : entry;
    })
    .reverse();
}

function distinct(segments: readonly SegmentDescriptor[]): SegmentDescriptor[] {
  return [...new Map(segments.map((segment) => [segmentState(segment), segment])).values()];
}
