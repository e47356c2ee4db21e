/**
 * Repairing a library from what a verification found. Damaged lists, centroid tables and tombstones
 * are made again from the records, a damaged document table from lists and records; neither the
 * provider nor the documents are needed. A document whose records are damaged cannot be mended: the
 * library is published without it, and it is named, so that it can be given again.
 */

import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import {
  findLibrary,
  type IndexManifest,
  inlineRoom,
  isCatalogueDamage,
  type LibraryEntry,
  loadCatalogue,
  loadManifestOf,
  manifestValue,
} from './catalogue';
import { documentItems } from './document-table';
import type { Finding } from './findings';
import { GOLDEN_PREFIX, goldenKey, MANIFEST_ENTITY, segmentOf, tombstonesKey } from './keys';
import { createMeteredReader, type MeteredReader } from './metered-reader';
import { nextSegments } from './next-segments';
import { publishLost, writeAndPublish } from './publish';
import { liveDocuments, type SegmentDocuments } from './reader';
import { rebuildDocuments } from './rebuild-documents';
import { RETIRED_GRACE_MS, succession, sweepRetired } from './retire';
import { allSegmentKeys } from './segment';
import { type StoredItem, toBytesItem } from './stored-item';
import { encodeTombstones } from './tombstones';
import type { Verification } from './verify';
import { checkHead, namesAfter, type SegmentHeadCheck } from './verify-head';

export interface RepairPlan {
  /** Ids of the segments that are to be sealed again from their records. */
  sealed: ReadonlySet<string>;
  /** Ids of those of which only the document table is to be made again. */
  tables: ReadonlySet<string>;
  /** Names of the documents of which a record is damaged. */
  lost: ReadonlySet<string>;
  /** The index manifest is to be written anew. */
  manifest: boolean;
  /** The golden questions cannot be read any more and are to go. */
  questions: boolean;
}

export interface RepairReport {
  library: string;
  generation: number;
  /** Segments sealed again, and document tables made again. */
  segments: number;
  tables: number;
  /** before = kept + lost. */
  documents: { before: number; kept: number; lost: number };
  /** What is to be given again. */
  lost: { document: string; what: string }[];
  /** Lost documents of which no record is left that would tell the name. */
  unnamed: number;
  /** Whether the golden questions were lost. */
  questionsLost: boolean;
}

const GIVE_AGAIN = 'its text is damaged and was taken out; index this document again';

/** Which parts of a library are to be made again. Errors: `format_newer`, which is no damage. */
export function planRepair(findings: readonly Finding[]): RepairPlan {
  const sealed = new Set<string>();
  const tables = new Set<string>();
  const lost = new Set<string>();
  let manifest = false;
  let questions = false;
  for (const { code, key, what, document } of findings) {
    if (code === 'format_newer') throw newer(key, what);
    const part = segmentOf(key);
    if (document !== undefined) lost.add(document);
    else if (key.startsWith(GOLDEN_PREFIX)) questions = true;
    else if (part === undefined) manifest ||= !key.includes(':');
    else if (part.kind === 'd' && code.startsWith('value_')) tables.add(part.segment);
    else sealed.add(part.segment);
  }
  return { sealed, tables, lost, manifest, questions };
}

/**
 * Publishes the library without what the verification found amiss. No generation before it is kept:
 * what was damaged in this one most likely was in that one.
 * Errors: `library_unknown`; `publish_lost` when the library was published since it was verified;
 * `format_newer`; `counts_mismatch`; those of sealing and of the store.
 */
export async function repairLibrary(
  platform: Platform,
  {
    library: name,
    generation,
    findings,
  }: Pick<Verification, 'library' | 'generation' | 'findings'>,
): Promise<RepairReport> {
  const plan = planRepair(findings);
  const { kv, entities } = platform;
  const catalogue = await loadCatalogue(entities);
  const library = findLibrary(catalogue.libraries, name);
  if (library.generation !== generation) {
    throw publishLost(
      name,
      `it is at generation ${library.generation}, ${generation} was verified`,
    );
  }
  const jobId = platform.newId();
  const mended = await mendSegments(platform, library, jobId);
  const { dimensions } = library.fingerprint;
  const next = await nextSegments(kv, mended.present, {
    libraryId: library.id,
    jobId,
    dimensions,
    removed: plan.lost,
    added: [],
    erase: false,
    inlineCharactersMax: inlineRoom(catalogue, name),
    sealAgain: plan.sealed,
  });
  const lost = [...new Set([...plan.lost, ...mended.lost])].sort();
  const documents = {
    before: mended.before,
    kept: next.documents.length,
    lost: lost.length + mended.unnamed,
  };
  expectAllCounted(name, documents);
  const { segments } = next;
  const named = new Set(segments.flatMap((segment) => allSegmentKeys(library.id, segment)));
  const items = [...mended.items.filter(({ key }) => named.has(key)), ...next.items];
  const manifest = await manifestFor(platform, library, plan);
  const published = await writeAndPublish(platform, items, {
    libraryId: library.id,
    name,
    projects: undefined,
    fingerprint: library.fingerprint,
    segments,
    ...succession({ library, manifest, segments, isDeletion: true, now: platform.clock() }),
    expectedGeneration: generation,
    publisher: jobId,
  });
  await next.drop();
  if (plan.questions) await kv.delete(goldenKey(library.id));
  const grace = { now: platform.clock(), graceMs: RETIRED_GRACE_MS };
  await sweepRetired(platform, library.id, grace).catch(() =>
    platform.log('sweep_failed', { library: library.id }),
  );
  return {
    library: name,
    generation: published.generation,
    segments: plan.sealed.size,
    tables: mended.tables,
    documents,
    lost: lost.map((document) => ({ document, what: GIVE_AGAIN })),
    unnamed: mended.unnamed,
    questionsLost: plan.questions,
  };
}

interface MendedSegments {
  present: SegmentDocuments[];
  /** Values that the next generation has, unless their segment is merged or dropped. */
  items: StoredItem[];
  /** Live documents, the lost ones included. */
  before: number;
  lost: string[];
  unnamed: number;
  /** Document tables made again. */
  tables: number;
}

/** The segments as they are, with document tables made again where those are damaged. */
async function mendSegments(
  { kv }: Platform,
  library: LibraryEntry,
  jobId: string,
): Promise<MendedSegments> {
  const reader = createMeteredReader(kv);
  const mended: MendedSegments = {
    ...{ present: [], items: [], before: 0, lost: [], unnamed: 0, tables: 0 },
  };
  for (const position of library.segments.keys()) {
    const head = await checkHead(reader, library, position);
    const { descriptor, documents, tombstones } = head;
    if (documents !== undefined) {
      const segment = { descriptor, documents, tombstones };
      mended.present.push(segment);
      mended.before += liveDocuments([segment]).length;
      continue;
    }
    await mendTable(mended, { kv, reader, library, position, head, jobId });
  }
  return mended;
}

interface TableWork {
  kv: Platform['kv'];
  reader: MeteredReader;
  library: LibraryEntry;
  position: number;
  head: SegmentHeadCheck;
  jobId: string;
}

async function mendTable(mended: MendedSegments, work: TableWork): Promise<void> {
  const { kv, library, head, jobId } = work;
  const { descriptor } = head;
  const later = await namesAfter(work.reader, library, work.position);
  const { tombstones: known, isLivenessKnown } = head;
  const liveness = { tombstones: known, isLivenessKnown, later };
  const rebuilt = await rebuildDocuments(kv, library, descriptor, liveness);
  const { documents, tombstones, goneChunks, lost, unnamed } = rebuilt;
  mended.before += liveDocuments([{ descriptor, documents, tombstones }]).length;
  mended.before += lost.length + unnamed;
  mended.lost.push(...lost);
  mended.unnamed += unnamed;
  mended.tables += 1;
  const { id } = descriptor;
  const table = documentItems(library.id, { id, documentsJob: jobId }, documents);
  const marks = toBytesItem(
    'tombstones',
    tombstonesKey(library.id, id, jobId),
    encodeTombstones(tombstones),
  );
  const gone = tombstones.bits.some((byte) => byte !== 0);
  const covered = documents.length - liveDocuments([{ descriptor, documents, tombstones }]).length;
  mended.present.push({
    descriptor: {
      ...descriptor,
      documentsJob: jobId,
      documentBytes: table.map(({ bytes }) => bytes),
      tombstones: gone
        ? { job: jobId, bytes: marks.bytes, documents: covered, chunks: goneChunks }
        : null,
    },
    documents,
    tombstones: gone ? tombstones : undefined,
  });
  mended.items.push(...table, ...(gone ? [marks] : []));
}

/** The manifest to publish from; written anew from the catalogue where it cannot serve. */
async function manifestFor(
  { entities, clock, newId }: Platform,
  library: LibraryEntry,
  plan: RepairPlan,
): Promise<IndexManifest | undefined> {
  try {
    const manifest = await loadManifestOf(entities, library);
    if (manifest !== undefined || !plan.manifest) return manifest;
  } catch (error) {
    if (!isCatalogueDamage(error)) throw error;
  }
  // What it named besides the live segments is not known any more.
  const manifest: IndexManifest = {
    generation: library.generation,
    publisher: newId(),
    publishedAt: clock(),
    segments: library.segments,
    previous: null,
    retired: [],
  };
  await entities.delete(MANIFEST_ENTITY, library.id);
  await entities.create(MANIFEST_ENTITY, library.id, manifestValue(manifest));
  return manifest;
}

function expectAllCounted(library: string, documents: RepairReport['documents']): void {
  const { before, kept, lost } = documents;
  if (before === kept + lost) return;
  throw new GroundworkError({
    code: 'counts_mismatch',
    message: `library "${library}": ${kept} documents kept and ${lost} lost of ${before}; nothing was published. Delete the library and index it again from its documents`,
    facts: { before, kept, lost },
  });
}

function newer(key: string, what: string): GroundworkError {
  return new GroundworkError({
    code: 'format_newer',
    message: `${key}: ${what}, which this version cannot read and so cannot repair; update the app to the version that wrote it`,
    facts: { key },
  });
}
