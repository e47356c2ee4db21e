/**
 * The head of a segment, verified: document table, tombstones, centroid table and the head of its
 * words, each value on its own and all of them against the segment's descriptor.
 */

import type { LibraryEntry } from './catalogue';
import { type CentroidTable, decodeCentroidTable } from './centroid-table';
import { countsAmiss, type DocumentEntry, ERASED_DOCUMENT, parseDocuments } from './document-table';
import { openBytes, openValue, type ValueKind } from './envelope';
import { COUNT_MISMATCH, type Finding, findingOf, missingFinding, SIZE_MISMATCH } from './findings';
import { centroidsKey } from './keys';
import { LEXICAL_HEADER } from './lexical-columns';
import { isAnalysisKnown, type LexicalHead, openLexicalHead } from './lexical-head';
import type { FoundValue, MeteredReader } from './metered-reader';
import { liveDocuments } from './reader';
import { liveChunks, type SegmentDescriptor, segmentKeys } from './segment';
import type { KeySize } from './stored-item';
import { decodeTombstones, isTombstoned, type Tombstones, withTombstones } from './tombstones';

export interface SegmentHeadCheck {
  descriptor: SegmentDescriptor;
  findings: Finding[];
  /** Undefined when the document table is damaged. */
  documents: DocumentEntry[] | undefined;
  /** As stored or, where those are damaged, as the document table and later segments show. */
  tombstones: Tombstones | undefined;
  /** False when nothing shows which documents are live. */
  isLivenessKnown: boolean;
  /** Of a clustered segment; undefined when it is damaged. */
  table: CentroidTable | undefined;
  /** The head of its words; undefined when it is damaged, or of an analysis that is not known. */
  lexical: LexicalHead | undefined;
}

/** Reads and checks the head of the segment at a position of the library. Errors: of the store. */
export async function checkHead(
  reader: MeteredReader,
  library: LibraryEntry,
  position: number,
): Promise<SegmentHeadCheck> {
  const descriptor = library.segments[position] as SegmentDescriptor;
  const keys = segmentKeys(library.id, descriptor);
  const words = isAnalysisKnown(descriptor) ? keys.lexical : [];
  const wanted = [...keys.documents, ...keys.tombstones, ...keys.table, ...words];
  const found = await reader.read(wanted);
  const findings: Finding[] = [];
  const documents = checkDocuments(descriptor, keys.documents, found, findings);
  const table = checkTable(library, descriptor, found, findings);
  const lexical = checkLexical(library, descriptor, found, findings);
  const stored = checkTombstones(descriptor, documents, keys.tombstones, found, findings);
  const check = { descriptor, findings, documents, table, lexical };
  if (stored !== 'damaged') {
    if (documents !== undefined)
      findings.push(...countFindings(library, descriptor, documents, stored));
    return { ...check, tombstones: stored, isLivenessKnown: true };
  }
  if (documents === undefined) return { ...check, tombstones: undefined, isLivenessKnown: false };
  const later = await namesAfter(reader, library, position);
  return { ...check, tombstones: inferTombstones(documents, later), isLivenessKnown: true };
}

/** Names of the live documents of the segments after a position, as far as they can be read. */
export async function namesAfter(
  reader: MeteredReader,
  library: LibraryEntry,
  position: number,
): Promise<Set<string>> {
  const names = new Set<string>();
  for (let later = library.segments.length - 1; later > position; later -= 1) {
    const { descriptor, documents, tombstones } = await checkHead(reader, library, later);
    if (documents === undefined) continue;
    for (const { name } of liveDocuments([{ descriptor, documents, tombstones }])) names.add(name);
  }
  return names;
}

/**
 * The tombstones that must have been: a deleted document was taken out of the table, and one that
 * was replaced is live in a later segment.
 */
function inferTombstones(
  documents: readonly DocumentEntry[],
  later: ReadonlySet<string>,
): Tombstones {
  const gone = documents.flatMap(({ name }, ordinal) =>
    name === ERASED_DOCUMENT.name || later.has(name) ? [ordinal] : [],
  );
  return withTombstones(undefined, documents.length, gone);
}

type Found = ReadonlyMap<string, FoundValue>;

/** Adds a finding for each value that is missing, damaged, or not of the size it should have. */
function checkValues(
  kind: ValueKind,
  sizes: readonly KeySize[],
  found: Found,
  findings: Finding[],
): boolean {
  let isReadable = true;
  for (const { key, bytes } of sizes) {
    const stored = found.get(key);
    if (stored === undefined) {
      findings.push(missingFinding(key));
      isReadable = false;
      continue;
    }
    try {
      openValue(kind, key, stored.value);
    } catch (error) {
      findings.push(findingOf(error, key));
      isReadable = false;
      continue;
    }
    if (stored.bytes === bytes) continue;
    const what = `${stored.bytes} bytes, the segment's descriptor says ${bytes}`;
    findings.push({ code: SIZE_MISMATCH, key, what });
  }
  return isReadable;
}

function checkDocuments(
  descriptor: SegmentDescriptor,
  sizes: readonly KeySize[],
  found: Found,
  findings: Finding[],
): DocumentEntry[] | undefined {
  if (!checkValues('documents', sizes, found, findings)) return undefined;
  const key = sizes[0]?.key ?? descriptor.id;
  try {
    const parts = sizes.map((size) => ({ key: size.key, value: storedValue(found, size) }));
    const documents = parseDocuments(parts);
    const { chunks, documents: count } = descriptor;
    const expected = { documents: count, chunks, liveChunks: liveChunks(descriptor) };
    const what = countsAmiss(documents, expected);
    if (what !== undefined) findings.push({ code: COUNT_MISMATCH, key, what });
    return documents;
  } catch (error) {
    findings.push(findingOf(error, key));
    return undefined;
  }
}

function checkTombstones(
  descriptor: SegmentDescriptor,
  documents: readonly DocumentEntry[] | undefined,
  sizes: readonly KeySize[],
  found: Found,
  findings: Finding[],
): Tombstones | undefined | 'damaged' {
  const [size] = sizes;
  if (size === undefined) return undefined;
  if (!checkValues('tombstones', sizes, found, findings)) return 'damaged';
  try {
    const bytes = openBytes('tombstones', size.key, storedValue(found, size));
    const count = documents?.length ?? descriptor.documents;
    return decodeTombstones(size.key, bytes, { documents: count });
  } catch (error) {
    findings.push(findingOf(error, size.key));
    return 'damaged';
  }
}

function checkTable(
  library: LibraryEntry,
  descriptor: SegmentDescriptor,
  found: Found,
  findings: Finding[],
): CentroidTable | undefined {
  if (descriptor.kind === 'flat') return undefined;
  const sizes = segmentKeys(library.id, descriptor).table;
  const key = centroidsKey(library.id, descriptor.id, 0);
  if (!checkValues('centroids', sizes, found, findings)) return undefined;
  try {
    const parts =
      typeof descriptor.table === 'string'
        ? [{ key, bytes: Buffer.from(descriptor.table, 'base64') }]
        : sizes.map((size) => ({
            key: size.key,
            bytes: openBytes('centroids', size.key, storedValue(found, size)),
          }));
    const { dimensions } = library.fingerprint;
    const table = decodeCentroidTable(parts, { dimensions, chunks: descriptor.chunks });
    if (table.lists === descriptor.listCount) return table;
    const what = `${table.lists} lists, the segment's descriptor says ${descriptor.listCount}`;
    findings.push({ code: COUNT_MISMATCH, key, what });
  } catch (error) {
    findings.push(findingOf(error, key));
  }
  return undefined;
}

function checkLexical(
  library: LibraryEntry,
  descriptor: SegmentDescriptor,
  found: Found,
  findings: Finding[],
): LexicalHead | undefined {
  if (!isAnalysisKnown(descriptor)) return undefined;
  const sizes = segmentKeys(library.id, descriptor).lexical;
  if (!checkValues('lexical', sizes, found, findings)) return undefined;
  try {
    const parts = sizes.map((size) => openBytes('lexical', size.key, storedValue(found, size)));
    const what = wordCountsAmiss(parts[0], descriptor);
    if (what === undefined) return openLexicalHead(library.id, descriptor, parts);
    findings.push({ code: COUNT_MISMATCH, key: sizes[0]?.key ?? descriptor.id, what });
    return undefined;
  } catch (error) {
    findings.push(findingOf(error, sizes[0]?.key ?? descriptor.id));
    return undefined;
  }
}

/** What is wrong with the counts of a head of words, which the descriptor may have wrong too. */
function wordCountsAmiss(
  head: Buffer | undefined,
  { chunks, documents }: SegmentDescriptor,
): string | undefined {
  if (head === undefined || head.length < LEXICAL_HEADER.bytes) return undefined;
  const rows = head.readUInt32LE(LEXICAL_HEADER.rows);
  const own = head.readUInt32LE(LEXICAL_HEADER.documents);
  if (rows === chunks && own === documents) return undefined;
  return `${rows} rows of ${own} documents, the segment's descriptor says ${chunks} of ${documents}`;
}

/** What tombstones cover against what the descriptor says of them. */
function countFindings(
  library: LibraryEntry,
  descriptor: SegmentDescriptor,
  documents: readonly DocumentEntry[],
  tombstones: Tombstones | undefined,
): Finding[] {
  const key = segmentKeys(library.id, descriptor).tombstones[0]?.key;
  const at = key ?? segmentKeys(library.id, descriptor).documents[0]?.key ?? descriptor.id;
  const live = liveDocuments([{ descriptor, documents: [...documents], tombstones }]);
  const covered = documents.filter((_, ordinal) => isTombstoned(tombstones, ordinal)).length;
  const findings: Finding[] = [];
  const add = (what: string) => findings.push({ code: COUNT_MISMATCH, key: at, what });
  const expected = descriptor.tombstones?.documents ?? 0;
  if (covered !== expected) add(`${covered} documents deleted, the descriptor says ${expected}`);
  const unnamed = live.filter(({ name }) => name === ERASED_DOCUMENT.name).length;
  if (unnamed > 0) add(`${unnamed} documents that are live have no name`);
  const chunks = live.reduce((sum, document) => sum + document.chunks.length, 0);
  const expectedChunks = liveChunks(descriptor);
  if (chunks !== expectedChunks)
    add(`${chunks} live chunks, the descriptor says ${expectedChunks}`);
  return findings;
}

function storedValue(found: Found, { key }: KeySize) {
  return (found.get(key) as FoundValue).value;
}
