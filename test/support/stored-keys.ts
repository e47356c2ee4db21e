/** Every key that an installation should have, from what its catalogue and manifests name. */
import { type LibraryEntry, loadCatalogue, loadManifest } from '../../src/index/catalogue';
import { openBytes } from '../../src/index/envelope';
import { openLexicalHead } from '../../src/index/lexical-head';
import { isValueMissing, readValues } from '../../src/index/read-values';
import { loadSegmentDocuments } from '../../src/index/reader';
import type { SegmentDescriptor } from '../../src/index/segment';
import type { Platform } from '../../src/platform/ports';
import type { IndexSite } from './index-site';

/** Where values are read. */
export type Stored = Pick<Platform, 'kv' | 'entities'>;

export interface NamedKeys {
  /** Of live generations and those before, as far as these are not swept; as in the store, sorted. */
  keys: string[];
  /** Those of the live generations only. */
  live: string[];
}

export function namedKeys(site: Pick<IndexSite, 'run'>): Promise<NamedKeys> {
  return site.run(namedKeysIn);
}

/** The same of an installation whose values are at hand. */
export async function namedKeysIn(stored: Stored): Promise<NamedKeys> {
  const { libraries } = await loadCatalogue(stored.entities);
  const keys = ['entity/catalogue/catalogue', 'secret//provider-key:openai'];
  const live = [...keys];
  for (const library of libraries) {
    const manifest = await loadManifest(stored.entities, library.id);
    const own = `entity/index-manifest/${library.id}`;
    live.push(own);
    for (const segment of library.segments) live.push(...(await keysOf(stored, library, segment)));
    const retired = manifest?.retired.flatMap(({ segments }) => segments) ?? [];
    for (const segment of [...(manifest?.previous?.segments ?? []), ...retired]) {
      keys.push(...(await ifStored(keysOf(stored, library, segment))));
    }
  }
  keys.push(...live);
  return { keys: [...new Set(keys)].sort(), live: [...new Set(live)].sort() };
}

async function keysOf(
  { kv }: Stored,
  { id }: LibraryEntry,
  segment: SegmentDescriptor,
): Promise<string[]> {
  const own = `plain//l:${id}:s:${segment.id}`;
  const keys: string[] = [];
  for (let list = 0; list < segment.listCount; list += 1) keys.push(`${own}:p:${list}`);
  keys.push(...(await wordKeysOf(kv, id, segment)).map((key) => `plain//${key}`));
  const tableParts = typeof segment.table === 'string' ? 0 : segment.table.length;
  for (let part = 0; part < tableParts; part += 1) keys.push(`${own}:c:${part}`);
  for (const part of segment.documentBytes.keys()) {
    keys.push(`${own}:d:${segment.documentsJob}:${part}`);
  }
  if (segment.tombstones !== null) keys.push(`${own}:x:${segment.tombstones.job}`);
  for (const { documents, tombstones } of await loadSegmentDocuments(kv, id, [segment])) {
    for (const [ordinal, { chunks }] of documents.entries()) {
      const byte = tombstones?.bits[ordinal >> 3] ?? 0;
      if (((byte >> (ordinal & 7)) & 1) === 1) continue;
      for (const { job, record } of chunks) keys.push(`plain//l:${id}:r:${job}:${record}`);
    }
  }
  return keys;
}

/** A size class of a bucket, or of a term, without a value. */
const NO_VALUE = 0;

/** Keys of the words of a segment, as their head says. */
async function wordKeysOf(
  kv: Stored['kv'],
  libraryId: string,
  segment: SegmentDescriptor,
): Promise<string[]> {
  const own = `l:${libraryId}:s:${segment.id}`;
  const sizes = segment.lexical.headBytes.map((bytes, part) => ({
    key: `${own}:h:${part}`,
    bytes,
  }));
  const values = await readValues(kv, sizes);
  const bytes = values.map(({ key, value }) => openBytes('lexical', key, value));
  const { columns } = openLexicalHead(libraryId, segment, bytes);
  const { bucketSizes, sizes: termSizes } = columns;
  const keys = sizes.map(({ key }) => key);
  for (const [number, size] of [...bucketSizes, ...termSizes].entries()) {
    if (size !== NO_VALUE) keys.push(`${own}:b:${number}`);
  }
  for (let block = 0; block < segment.lexical.places; block += 1) keys.push(`${own}:t:${block}`);
  return keys;
}

/** None for a segment that was swept. */
async function ifStored(reading: Promise<string[]>): Promise<string[]> {
  try {
    return await reading;
  } catch (error) {
    if (isValueMissing(error)) return [];
    throw error;
  }
}
