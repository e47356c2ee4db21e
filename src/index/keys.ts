/**
 * Names of everything stored, in one place. A key never carries a customer's words (document and
 * library names may hold characters that no key may). A key of the index, once written, is never
 * written with other content: ids are fresh for every library, job and segment.
 */

/** The catalogue: one item per installation. */
export const CATALOGUE_ENTITY = 'catalogue';
export const CATALOGUE_KEY = 'catalogue';
/** One item per library, keyed by library id. */
export const MANIFEST_ENTITY = 'index-manifest';

/** One item per library that was ever worked on. */
export const LEASE_ENTITY = 'lease';

/** Everything of the index in plain storage starts with this. */
export const LIBRARY_PREFIX = 'l:';
/** Jobs and what was handed to them start with these. */
export const JOB_PREFIX = 'j:';
export const STAGED_PREFIX = 't:';
/** Marks a library that is being deleted, until nothing of it is left. */
export const ERASED_PREFIX = 'd:';
/** The golden questions of a library; the only plain values that change in place. */
export const GOLDEN_PREFIX = 'q:';
/** Values that the last look for orphans found named by nothing. */
export const ORPHANS_KEY = 'o:orphans';

export function libraryPrefix(libraryId: string): string {
  return `${LIBRARY_PREFIX}${libraryId}:`;
}

/** The library that a key below `LIBRARY_PREFIX` belongs to. */
export function libraryIdOf(key: string): string {
  return key.slice(LIBRARY_PREFIX.length).split(':')[0] ?? '';
}

export function erasedKey(libraryId: string): string {
  return `${ERASED_PREFIX}${libraryId}`;
}

export function goldenKey(libraryId: string): string {
  return `${GOLDEN_PREFIX}${libraryId}`;
}

export function recordKey(libraryId: string, jobId: string, number: number): string {
  return `${libraryPrefix(libraryId)}r:${jobId}:${number}`;
}

/** Everything of a segment but its records starts with this. */
export function segmentPrefix(libraryId: string, segmentId: string): string {
  return `${libraryPrefix(libraryId)}s:${segmentId}:`;
}

/** A part of a segment's centroid table. */
export function centroidsKey(libraryId: string, segmentId: string, part: number): string {
  return `${segmentPrefix(libraryId, segmentId)}c:${part}`;
}

/** A posting list; its number is its place in the centroid table, or in a flat segment's parts. */
export function listKey(libraryId: string, segmentId: string, number: number): string {
  return `${segmentPrefix(libraryId, segmentId)}p:${number}`;
}

/** A part of the head of a segment's postings. */
export function lexicalKey(libraryId: string, segmentId: string, part: number): string {
  return `${segmentPrefix(libraryId, segmentId)}h:${part}`;
}

/** A value of postings: first those of the buckets, then those of the terms of the head's table. */
export function postingsKey(libraryId: string, segmentId: string, number: number): string {
  return `${segmentPrefix(libraryId, segmentId)}b:${number}`;
}

/** Where the texts of some rows stand. */
export function placesKey(libraryId: string, segmentId: string, block: number): string {
  return `${segmentPrefix(libraryId, segmentId)}t:${block}`;
}

/**
 * A part of a segment's document table, as the job left it that last took documents out; the job
 * that sealed the segment has its id. By job and not by generation, which of two jobs that plan
 * from the same one both would write.
 */
export function documentsKey(
  libraryId: string,
  segment: { id: string; documentsJob: string },
  part: number,
): string {
  return `${segmentPrefix(libraryId, segment.id)}d:${segment.documentsJob}:${part}`;
}

/** The documents deleted from a segment, as the job left them that last deleted some. */
export function tombstonesKey(libraryId: string, segmentId: string, jobId: string): string {
  return `${segmentPrefix(libraryId, segmentId)}x:${jobId}`;
}

/** Working values of a job that seals or compacts; swept with the job. */
export function workPrefix(libraryId: string, jobId: string): string {
  return `${libraryPrefix(libraryId)}w:${jobId}:`;
}

export function workKey(libraryId: string, jobId: string, name: string): string {
  return `${workPrefix(libraryId, jobId)}${name}`;
}

export function jobKey(jobId: string): string {
  return `${JOB_PREFIX}${jobId}`;
}

/** What a key of a segment's values, or the prefix of them all, says; undefined of any other. */
export function segmentOf(key: string): { segment: string; kind: string } | undefined {
  const [letter, , part, segment, kind = ''] = key.split(':');
  const isSegment = letter === 'l' && part === 's' && segment !== undefined;
  return isSegment ? { segment, kind } : undefined;
}
