/**
 * Verifying a library: every stored value of its live generation, every count and every reference,
 * in bounded steps with a small cursor between them. What is damaged becomes a finding; nothing is
 * changed. `repair.ts` mends what is found.
 */

import type { Platform } from '../platform/ports';
import { findLibrary, type LibraryEntry, loadCatalogue } from './catalogue';
import type { Finding } from './findings';
import { checkGoldenQuestions } from './golden-questions';
import { segmentPrefix } from './keys';
import { createMeteredReader, type MeteredReader } from './metered-reader';
import { publishLost } from './publish';
import { listSizes } from './segment-rows';
import { checkHead, type SegmentHeadCheck } from './verify-head';
import {
  checkRows,
  checkWordTally,
  checkWordValue,
  liveRecords,
  NO_WORDS_SEEN,
  type WordTally,
  wordValues,
} from './verify-lexical';
import { checkManifest } from './verify-manifest';
import {
  checkList,
  checkRecords,
  checkTally,
  NO_ROWS,
  type Place,
  placesOf,
  type RowTally,
  type WantedRecord,
} from './verify-rows';

/** Lists, values of words and records read at a time: a step exceeds its units by these at most. */
const LISTS_PER_READ = 12;
const WORDS_PER_READ = 100;
const RECORDS_PER_READ = 200;
/** Verifications that begin anew because the library was published meanwhile. */
const RESTARTS_MAX = 3;

/** Where a verification goes on; plain JSON. */
export interface VerifyCursor {
  generation: number;
  segment: number;
  phase: 'head' | 'lists' | 'words' | 'records';
  /** The next list, value of words or record of the segment. */
  next: number;
  tally: RowTally;
  words: WordTally;
}

export interface Checked {
  /** Stored values read; those that a later step needs again count again. */
  values: number;
  /** Live chunks whose record was checked. */
  chunks: number;
}

export interface VerifyStep {
  generation: number;
  findings: Finding[];
  /** Undefined when all was seen. */
  cursor: VerifyCursor | undefined;
  checked: Checked;
  /** The library was published meanwhile, so what earlier steps found is of no meaning. */
  isRestarted: boolean;
}

/**
 * Takes one step, of about so many read units; the head of a segment is read again in each step
 * that works on it. Damage is found, never thrown, but for that of the catalogue itself.
 * Errors: `library_unknown`, `catalogue_corrupt`, and those of the store.
 */
export async function verifyStep(
  platform: Pick<Platform, 'kv' | 'entities'>,
  name: string,
  cursor: VerifyCursor | undefined,
  { unitsMax }: { unitsMax: number },
): Promise<VerifyStep> {
  const { entities } = platform;
  const library = findLibrary((await loadCatalogue(entities)).libraries, name);
  const { generation } = library;
  const isNewer = cursor !== undefined && cursor.generation !== generation;
  const isFirst = cursor === undefined || isNewer;
  const reader = createMeteredReader(platform.kv);
  const step: RunningStep = {
    reader,
    library,
    unitsMax,
    cursor: isFirst ? startOf(generation, 0) : cursor,
    findings: isFirst ? await checkBesideSegments(platform, reader, library) : [],
    chunks: 0,
  };
  while (step.cursor.segment < library.segments.length && reader.units < unitsMax) {
    await verifySegment(step);
  }
  const isDone = step.cursor.segment >= library.segments.length;
  const outcome: VerifyStep = {
    generation,
    findings: step.findings,
    cursor: isDone ? undefined : step.cursor,
    checked: { values: reader.values, chunks: step.chunks },
    isRestarted: isNewer,
  };
  if (outcome.findings.length === 0) return outcome;
  // What a newer generation swept is not missing.
  const now = (await loadCatalogue(entities)).libraries.find(({ id }) => id === library.id);
  if (now === undefined || now.generation === generation) return outcome;
  const anew = { generation: now.generation, cursor: startOf(now.generation, 0) };
  const checked = { values: reader.values, chunks: 0 };
  return { ...outcome, ...anew, checked, findings: [], isRestarted: true };
}

export interface Verification {
  library: string;
  generation: number;
  findings: Finding[];
  checked: Checked;
}

/**
 * Verifies a library from beginning to end. Errors: as `verifyStep`, and `publish_lost` when it is
 * published again and again meanwhile.
 */
export async function verifyLibrary(
  platform: Pick<Platform, 'kv' | 'entities'>,
  library: string,
  options: { unitsMax: number },
): Promise<Verification> {
  let found: Verification | undefined;
  let cursor: VerifyCursor | undefined;
  for (let restarts = 0; restarts <= RESTARTS_MAX; ) {
    const step = await verifyStep(platform, library, cursor, options);
    if (step.isRestarted) restarts += 1;
    const before = step.isRestarted ? undefined : found;
    found = {
      library,
      generation: step.generation,
      findings: [...(before?.findings ?? []), ...step.findings],
      checked: {
        values: (before?.checked.values ?? 0) + step.checked.values,
        chunks: (before?.checked.chunks ?? 0) + step.checked.chunks,
      },
    };
    cursor = step.cursor;
    if (cursor === undefined) return found;
  }
  throw publishLost(library, `it was published ${RESTARTS_MAX + 1} times while it was verified`);
}

interface RunningStep {
  reader: MeteredReader;
  library: LibraryEntry;
  unitsMax: number;
  cursor: VerifyCursor;
  findings: Finding[];
  chunks: number;
}

function startOf(generation: number, segment: number): VerifyCursor {
  return { generation, segment, phase: 'head', next: 0, tally: NO_ROWS, words: NO_WORDS_SEEN };
}

/** Goes on with the segment of the cursor until it is done or the units are spent. */
async function verifySegment(step: RunningStep): Promise<void> {
  const { reader, library, unitsMax } = step;
  const head = await checkHead(reader, library, step.cursor.segment);
  const places = placesOf(head);
  if (step.cursor.phase === 'head') {
    step.findings.push(...head.findings);
    step.cursor = { ...step.cursor, phase: 'lists' };
  }
  // The first block whatever the head has cost, or a step might never get on.
  do {
    if (step.cursor.phase === 'lists') await verifyLists(step, head, places);
    else if (step.cursor.phase === 'words') await verifyWords(step, head);
    else await verifyRecords(step, [...places.values()]);
  } while (step.cursor.phase !== 'head' && reader.units < unitsMax);
}

async function verifyLists(
  step: RunningStep,
  head: SegmentHeadCheck,
  places: ReadonlyMap<string, Place>,
): Promise<void> {
  const { reader, library, cursor } = step;
  const sizes = listSizes(library.id, head.descriptor, head.table);
  const end = Math.min(cursor.next + LISTS_PER_READ, sizes.length);
  const wanted = sizes.slice(cursor.next, end);
  const found = await reader.read(wanted);
  let { tally } = cursor;
  const live: WantedRecord[] = [];
  for (const [i, size] of wanted.entries()) {
    const number = cursor.next + i;
    const list = { library, head, places, number, size, found: found.get(size.key) };
    const checked = checkList(list, tally);
    step.findings.push(...checked.findings);
    tally = checked.tally;
    live.push(...checked.live);
  }
  // Where the document table is damaged, the rows are all that names records.
  if (head.documents === undefined && head.isLivenessKnown) {
    await verifyBlocks(
      step,
      live.map(({ job, record }) => ({ job, record })),
    );
  }
  step.cursor = { ...cursor, next: end, tally };
  if (end < sizes.length) return;
  const key = segmentPrefix(library.id, head.descriptor.id);
  if (library.fingerprint.dimensions > 0) {
    step.findings.push(...checkTally(head, places, { tally, key }));
  }
  step.cursor = { ...step.cursor, phase: 'words', next: 0 };
}

async function verifyWords(step: RunningStep, head: SegmentHeadCheck): Promise<void> {
  const { reader, library, cursor } = step;
  const done = { ...cursor, phase: 'records', next: 0 } as const;
  const { lexical, descriptor, documents, tombstones } = head;
  if (lexical === undefined) {
    step.cursor = done;
    return;
  }
  const check = { library, descriptor, lexical, documents, tombstones };
  const values = wordValues(check);
  if (cursor.next === 0) step.findings.push(...checkRows(check));
  const end = Math.min(cursor.next + WORDS_PER_READ, values.length);
  const wanted = values.slice(cursor.next, end);
  const found = await reader.read(wanted);
  let { words } = cursor;
  for (const value of wanted) {
    const checked = checkWordValue(check, value, found.get(value.key), words);
    step.findings.push(...checked.findings);
    words = checked.tally;
  }
  step.cursor = { ...cursor, next: end, words };
  if (end < values.length) return;
  step.findings.push(...checkWordTally(check, words));
  // Without posting lists, rows of the head are what names records besides the document table.
  if (library.fingerprint.dimensions === 0 && documents === undefined && head.isLivenessKnown) {
    await verifyBlocks(step, liveRecords(check));
  }
  step.cursor = done;
}

async function verifyRecords(step: RunningStep, places: readonly Place[]): Promise<void> {
  const { cursor } = step;
  const end = Math.min(cursor.next + RECORDS_PER_READ, places.length);
  const block = places.slice(cursor.next, end).map(({ document, chunk }) => {
    const { job, record, hash } = chunk;
    return { job, record, hash, document: document.name };
  });
  await verifyBlocks(step, block);
  const isDone = end >= places.length;
  step.cursor = isDone ? startOf(cursor.generation, cursor.segment + 1) : { ...cursor, next: end };
}

async function verifyBlocks(step: RunningStep, wanted: readonly WantedRecord[]): Promise<void> {
  for (let first = 0; first < wanted.length; first += RECORDS_PER_READ) {
    const block = wanted.slice(first, first + RECORDS_PER_READ);
    step.findings.push(...(await checkRecords(step.reader, step.library, block)));
    step.chunks += block.length;
  }
}

/** What a library has that belongs to no segment. */
async function checkBesideSegments(
  platform: Pick<Platform, 'entities'>,
  reader: MeteredReader,
  library: LibraryEntry,
): Promise<Finding[]> {
  const manifest = await checkManifest(platform, library);
  return [...manifest, ...(await checkGoldenQuestions(reader, library))];
}
