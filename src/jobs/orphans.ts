/**
 * Values that nothing names: what is left of runs that were ended at a bad moment. They are found
 * by listing what is stored and marking from everything that may name a value. A value counts as an
 * orphan only when two passes found it so, a grace time apart, since a run that is under way writes
 * before anything names what it wrote.
 */

import * as v from 'valibot';
import { type LibraryEntry, loadCatalogue, loadManifest } from '../index/catalogue';
import { corrupt } from '../index/envelope';
import { libraryPrefix, ORPHANS_KEY, recordKey } from '../index/keys';
import { deleteKeys } from '../index/read-values';
import { liveDocuments, loadSegmentDocuments } from '../index/reader';
import { RETIRED_GRACE_MS } from '../index/retire';
import { allSegmentKeys, type SegmentDescriptor } from '../index/segment';
import type { KeyValueStore, Platform } from '../platform/ports';
import { isOver } from './job';
import { recordJobId, segmentIdOf } from './job-keys';
import { listJobIds, loadJob } from './job-store';

/** Chunks of a library whose records are all listed in one pass: 1,600 read units. */
const CHUNKS_AT_ONCE_MAX = 4_000;
/** Candidates that are kept for the next pass; more are found again then. */
const CANDIDATES_MAX = 3_000;
/** Claims of one batch that a job may ever have come to. */
const CLAIMS_MAX = 16;
const HEX_DIGITS = 16;
const DAY_MS = 24 * 60 * 60 * 1_000;

const candidatesSchema = v.object({ at: v.number(), keys: v.array(v.string()) });

/**
 * One pass. Of a large library it lists a sixteenth of the records, another each day.
 * Answers how many values were deleted, and how many await the next pass.
 */
export async function sweepOrphans(
  platform: Platform,
): Promise<{ deleted: number; candidates: number }> {
  const { kv, entities, clock } = platform;
  const now = clock();
  const before = await loadCandidates(kv);
  const isRipe = before !== undefined && now - before.at >= RETIRED_GRACE_MS;
  const suspects = new Set(before?.keys ?? []);
  const busy = await idsOfJobs(platform);
  const { libraries } = await loadCatalogue(entities);
  const found: string[] = [];
  for (const library of libraries) {
    const named = await namedKeys(platform, library);
    const day = Math.floor(now / DAY_MS);
    for (const prefix of prefixesOf(library, day)) {
      for await (const key of listKeys(kv, prefix)) {
        if (!named.has(key) && !busy.has(idIn(key))) found.push(key);
      }
    }
  }
  const ripe = isRipe ? found.filter((key) => suspects.has(key)) : [];
  await deleteKeys(kv, ripe);
  const gone = new Set(ripe);
  const keys = found.filter((key) => !gone.has(key)).slice(0, CANDIDATES_MAX);
  await kv.set(ORPHANS_KEY, { at: isRipe || before === undefined ? now : before.at, keys });
  if (ripe.length > 0) platform.log('orphans_deleted', { values: ripe.length });
  return { deleted: ripe.length, candidates: keys.length };
}

/** Ids under which jobs that are not cleared away may have written. */
async function idsOfJobs({ kv, entities }: Platform): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const jobId of await listJobIds(kv)) {
    const job = await loadJob(entities, jobId).catch(() => undefined);
    if (job === undefined || (isOver(job.state) && job.state.isClean)) continue;
    for (const plan of [...job.state.plans.keys(), job.state.plans.length]) {
      ids.add(segmentIdOf(jobId, plan));
      for (let claim = 0; claim < CLAIMS_MAX; claim += 1) ids.add(recordJobId(jobId, plan, claim));
    }
  }
  return ids;
}

/** Every value that the live generation, the one before, or one that waits to be swept names. */
async function namedKeys(platform: Platform, library: LibraryEntry): Promise<Set<string>> {
  const { kv, entities } = platform;
  const manifest = await loadManifest(entities, library.id);
  const segments: SegmentDescriptor[] = [
    ...library.segments,
    ...(manifest?.segments ?? []),
    ...(manifest?.previous?.segments ?? []),
    ...(manifest?.retired ?? []).flatMap((retired) => retired.segments),
  ];
  const named = new Set(segments.flatMap((segment) => allSegmentKeys(library.id, segment)));
  const documents = liveDocuments(await loadSegmentDocuments(kv, library.id, segments));
  for (const { chunks } of documents) {
    for (const { job, record } of chunks) named.add(recordKey(library.id, job, record));
  }
  return named;
}

/** What is listed in this pass: segments and working values whole, of many records a part. */
function prefixesOf({ id, segments }: LibraryEntry, day: number): string[] {
  const own = libraryPrefix(id);
  const chunks = segments.reduce((sum, segment) => sum + segment.chunks, 0);
  const digit = (day % HEX_DIGITS).toString(HEX_DIGITS);
  return [`${own}s:`, `${own}w:`, chunks <= CHUNKS_AT_ONCE_MAX ? `${own}r:` : `${own}r:${digit}`];
}

async function* listKeys(kv: KeyValueStore, prefix: string): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await kv.query({
      prefix,
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { key } of page.results) yield key;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** The id of a job or segment in a key: `l:<library>:<kind>:<id>:…`. */
function idIn(key: string): string {
  return key.split(':')[3] ?? '';
}

async function loadCandidates(
  kv: KeyValueStore,
): Promise<{ at: number; keys: string[] } | undefined> {
  const value = await kv.get(ORPHANS_KEY);
  if (value === undefined) return undefined;
  const result = v.safeParse(candidatesSchema, value);
  if (result.success) return result.output;
  throw corrupt(ORPHANS_KEY, 'not a list of keys');
}
