/** Stored values damaged behind the app's back, as a fault of the store would or of a writer. */
import { kvs } from '@forge/kvs';
import {
  type Catalogue,
  catalogueValue,
  type IndexManifest,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
  manifestValue,
} from '../../src/index/catalogue';
import { openBytes, openValue, type ValueKind } from '../../src/index/envelope';
import { CATALOGUE_ENTITY, CATALOGUE_KEY, MANIFEST_ENTITY, recordKey } from '../../src/index/keys';
import { liveDocuments, loadSegmentDocuments } from '../../src/index/reader';
import type { SegmentDescriptor } from '../../src/index/segment';
import { toBytesItem, toItem } from '../../src/index/stored-item';
import type { JsonValue } from '../../src/platform/ports';
import type { IndexSite } from './index-site';

type Fields = Record<string, JsonValue>;

/** What may befall a stored value, by name; the second gives the code that tells of it. */
export const DAMAGES: readonly [string, string, (site: IndexSite, key: string) => Promise<void>][] =
  [
    ['is missing', 'value_missing', (site, key) => site.removeValue(key)],
    [
      'has other bytes',
      'value_corrupt',
      async (site, key) => {
        const value = (await site.valueAt(key)) as Fields;
        const body = String(value['body']);
        const middle = body.length >> 1;
        const other = body[middle] === 'A' ? 'B' : 'A';
        const changed = body.slice(0, middle) + other + body.slice(middle + 1);
        await site.replaceValue(key, { ...value, body: changed });
      },
    ],
    [
      'is cut off',
      'value_corrupt',
      async (site, key) => {
        const value = (await site.valueAt(key)) as Fields;
        await site.replaceValue(key, { ...value, body: String(value['body']).slice(0, -4) });
      },
    ],
    ['is something else', 'value_corrupt', (site, key) => site.replaceValue(key, 'damaged')],
  ];

/** Has a later version written a value. */
export async function writeNewer(site: IndexSite, key: string): Promise<void> {
  const value = (await site.valueAt(key)) as Fields;
  await site.replaceValue(key, { ...value, format: 1 });
}

/** Rewrites the JSON of a value as a faulty writer would: under a checksum that is right. */
export async function rewriteJson(
  site: IndexSite,
  kind: ValueKind,
  key: string,
  change: (json: unknown) => unknown,
): Promise<void> {
  const body = openValue(kind, key, await site.valueAt(key));
  const changed = JSON.stringify(change(JSON.parse(body)));
  await site.replaceValue(key, toItem(kind, key, changed).value);
}

/** The same for a value of bytes. */
export async function rewriteBytes(
  site: IndexSite,
  kind: ValueKind,
  key: string,
  change: (bytes: Buffer) => Uint8Array,
): Promise<void> {
  const bytes = openBytes(kind, key, await site.valueAt(key));
  await site.replaceValue(key, toBytesItem(kind, key, change(bytes)).value);
}

/** Changes what the catalogue says of a library's segment, and unless told otherwise the manifest. */
export async function rewriteDescriptor(
  site: IndexSite,
  name: string,
  change: (segments: SegmentDescriptor[]) => SegmentDescriptor[],
  { inManifest = true }: { inManifest?: boolean } = {},
): Promise<void> {
  await rewriteCatalogue(site, (catalogue) => ({
    ...catalogue,
    libraries: catalogue.libraries.map((library) =>
      library.name === name ? { ...library, segments: change(library.segments) } : library,
    ),
  }));
  if (!inManifest) return;
  await rewriteManifest(site, name, (manifest) => ({
    ...manifest,
    segments: change(manifest.segments),
  }));
}

function rewriteCatalogue(
  site: IndexSite,
  change: (catalogue: Catalogue) => Catalogue,
): Promise<void> {
  return site.run(async ({ entities }) => {
    const value = catalogueValue(change(await loadCatalogue(entities)));
    await kvs.entity(CATALOGUE_ENTITY).set(CATALOGUE_KEY, value);
  });
}

/** Replaces the index manifest of a library, or deletes it. */
export function rewriteManifest(
  site: IndexSite,
  name: string,
  change: (manifest: IndexManifest) => IndexManifest | undefined,
): Promise<void> {
  return site.run(async ({ entities }) => {
    const { libraries } = await loadCatalogue(entities);
    const { id } = libraries.find((library) => library.name === name) as LibraryEntry;
    const manifest = change((await loadManifest(entities, id)) as IndexManifest);
    if (manifest === undefined) await kvs.entity(MANIFEST_ENTITY).delete(id);
    else await kvs.entity(MANIFEST_ENTITY).set(id, manifestValue(manifest));
  });
}

/** Makes the index manifest of a library something that is none. */
export function damageManifest(site: IndexSite, libraryId: string): Promise<void> {
  return site.run(async () => {
    await kvs.entity(MANIFEST_ENTITY).set(libraryId, { generation: 1, body: { format: 0 } });
  });
}

/** Keys of the records of a live document. */
export function recordKeysOf(
  site: IndexSite,
  library: LibraryEntry,
  document: string,
): Promise<string[]> {
  return site.run(async ({ kv }) => {
    const segments = await loadSegmentDocuments(kv, library.id, library.segments);
    const found = liveDocuments(segments).find(({ name }) => name === document);
    return (found?.chunks ?? []).map(({ job, record }) => recordKey(library.id, job, record));
  });
}
