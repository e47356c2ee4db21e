/**
 * Values that nothing names: what is left of runs that were ended at a bad moment. They are found
 * by listing what is stored and marking from everything that may name a value. A value counts as an
 * orphan only when two passes found it so, a grace time apart, since a run that is under way writes
 * before anything names what it wrote.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import {
  isCatalogueDamage,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
} from '../index/catalogue';
import { corrupt, isDamage } from '../index/envelope';
import { libraryIdOf, libraryPrefix, ORPHANS_KEY, recordKey } from '../index/keys';
import { deleteKeys, isValueMissing } from '../index/read-values';
import { liveDocuments, loadSegmentDocuments } from '../index/reader';
import { RETIRED_GRACE_MS } from '../index/retire';
import { allSegmentKeys, type SegmentDescriptor } from '../index/segment';
import type { EntityStore, KeyValueStore, Platform } from '../platform/ports';
import { CLAIMS_MAX } from './claims';
import { isOver } from './job';
import { HANDOVER_MS, isTimeUp } from './job-context';
import { recordJobId, segmentIdOf } from './job-keys';
import { listJobIds, loadJob, type StoredJob } from './job-store';

/** Chunks of a library whose records are all listed in one pass: 1,600 read units. */
const CHUNKS_AT_ONCE_MAX = 4_000;
/** Candidates that are kept for the next pass; more are found again then. */
const CANDIDATES_MAX = 3_000;
const HEX_DIGITS = 16;
const DAY_MS = 24 * 60 * 60 * 1_000;

const candidatesSchema = v.object({ at: v.number(), keys: v.array(v.string()) });

/**
 * One pass, unless the last was a moment ago: over as many libraries as there is time for, others
 * first each day, and of a large one over a sixteenth of its records. Answers how many values were
 * deleted, and how many await the next pass.
 */
export async function sweepOrphans(
  platform: Platform,
  { chunksAtOnceMax = CHUNKS_AT_ONCE_MAX } = {},
): Promise<{ deleted: number; candidates: number }> {
  const { kv, entities, clock } = platform;
  const now = clock();
  const before = await loadCandidates(kv);
  if (before !== undefined && now - before.at < RETIRED_GRACE_MS) {
    return { deleted: 0, candidates: before.keys.length };
  }
  // Before anything is marked: what a job ends meanwhile, marking finds.
  const busy = await idsOfJobs(platform);
  const { libraries } = await loadCatalogue(entities);
  const day = Math.floor(now / DAY_MS);
  let isLate = false;
  let deleted = 0;
  const candidates: string[] = [];
  for (const library of rotated(libraries, day)) {
    const suspects = (before?.keys ?? []).filter((key) => libraryIdOf(key) === library.id);
    const pass = { suspects, busy, day, chunksAtOnceMax };
    const outcome: Outcome | undefined = isLate
      ? undefined
      : await lookThrough(platform, library, pass);
    isLate ||= outcome === undefined;
    deleted += outcome?.deleted ?? 0;
    candidates.push(...(outcome?.found ?? suspects));
  }
  const keys = candidates.slice(0, CANDIDATES_MAX);
  await kv.set(ORPHANS_KEY, { at: now, keys });
  if (deleted > 0) platform.log('orphans_deleted', { values: deleted });
  return { deleted, candidates: keys.length };
}

interface Outcome {
  deleted: number;
  found: string[];
}

/** Undefined when the time for it has run out. */
async function lookThrough(
  platform: Platform,
  library: LibraryEntry,
  pass: {
    suspects: readonly string[];
    busy: ReadonlySet<string>;
    day: number;
    chunksAtOnceMax: number;
  },
): Promise<Outcome | undefined> {
  if (platform.remainingTimeMs() < HANDOVER_MS) return undefined;
  try {
    const named = await namedKeys(platform, library);
    if (named === undefined) return { deleted: 0, found: [] };
    const isOrphan = (key: string) => !named.has(key) && !isOf(pass.busy, key);
    const ripe = new Set(pass.suspects.filter(isOrphan));
    await deleteKeys(platform.kv, [...ripe]);
    const found: string[] = [];
    for (const prefix of prefixesOf(library, pass)) {
      for await (const key of listKeys(platform.kv, prefix)) {
        if (isOrphan(key) && !ripe.has(key)) found.push(key);
      }
    }
    return { deleted: ripe.size, found };
  } catch (error) {
    if (isTimeUp(error)) return undefined;
    throw error;
  }
}

/** The same, another one first each day. */
function rotated<T>(items: readonly T[], day: number): T[] {
  const first = items.length === 0 ? 0 : day % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** Ids under which jobs that are not cleared away may have written. */
async function idsOfJobs({ kv, entities }: Platform): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const jobId of await listJobIds(kv)) {
    const job = await loadUnlessOutdated(entities, jobId);
    if (job === undefined || (isOver(job.state) && job.state.isClean)) continue;
    for (const plan of [...job.state.plans.keys(), job.state.plans.length]) {
      ids.add(segmentIdOf(jobId, plan));
      for (let claim = 0; claim < CLAIMS_MAX; claim += 1) ids.add(recordJobId(jobId, plan, claim));
    }
  }
  return ids;
}

/** What a job of another version has written is of no use to anybody. */
async function loadUnlessOutdated(
  entities: EntityStore,
  jobId: string,
): Promise<StoredJob | undefined> {
  try {
    return await loadJob(entities, jobId);
  } catch (error) {
    if (GroundworkError.isInstance(error) && error.code === 'job_outdated') return undefined;
    throw error;
  }
}

/** Whether one of these jobs wrote the value: `l:<library>:<kind>:<id>:…`, or `…:<what>:<id>`. */
function isOf(jobs: ReadonlySet<string>, key: string): boolean {
  const [, , , owner = '', , changer = ''] = key.split(':');
  return jobs.has(owner) || jobs.has(changer);
}

/**
 * Every value that the live generation, the one before, or one that waits to be swept names.
 * Undefined when it cannot be told, of a library that is damaged or half swept.
 */
async function namedKeys(
  platform: Platform,
  library: LibraryEntry,
): Promise<Set<string> | undefined> {
  const { kv, entities } = platform;
  try {
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
  } catch (error) {
    if (!isValueMissing(error) && !isDamage(error) && !isCatalogueDamage(error)) throw error;
    platform.log('orphans_not_sought', { library: library.id });
    return undefined;
  }
}

/** What is listed in this pass: segments and working values whole, of many records a part. */
function prefixesOf(
  { id, segments }: LibraryEntry,
  { day, chunksAtOnceMax }: { day: number; chunksAtOnceMax: number },
): string[] {
  const own = libraryPrefix(id);
  const chunks = segments.reduce((sum, segment) => sum + segment.chunks, 0);
  const digit = (day % HEX_DIGITS).toString(HEX_DIGITS);
  const records = chunks <= chunksAtOnceMax ? `${own}r:` : `${own}r:${digit}`;
  return [`${own}s:`, `${own}w:`, records];
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

async function loadCandidates(
  kv: KeyValueStore,
): Promise<{ at: number; keys: string[] } | undefined> {
  const value = await kv.get(ORPHANS_KEY);
  if (value === undefined) return undefined;
  const result = v.safeParse(candidatesSchema, value);
  if (result.success) return result.output;
  throw corrupt(ORPHANS_KEY, 'not a list of keys');
}
