/** What a search may see: libraries of its scope and, of these, the documents it asks for. */

import { GroundworkError } from '../errors';
import {
  type Catalogue,
  findLibrary,
  type LibraryEntry,
  librariesOfProject,
} from '../index/catalogue';
import { loadSegmentDocuments, type SegmentDocuments } from '../index/reader';
import type { SegmentHead } from '../index/segment-heads';
import { isTombstoned, withTombstones } from '../index/tombstones';
import type { KeyValueStore } from '../platform/ports';
import { settleAll } from '../settle-all';

/**
 * Which libraries are searched: those assigned to a project (or one of them), a single one whatever
 * its projects, or all. The last two are for admins; handlers see to it.
 */
export type SearchScope = { project: string; library?: string } | { library: string } | 'all';

/** The libraries of a scope. Errors: `library_unknown`. */
export function librariesInScope(catalogue: Catalogue, scope: SearchScope): LibraryEntry[] {
  if (scope === 'all') return catalogue.libraries;
  const visible =
    'project' in scope ? librariesOfProject(catalogue, scope.project) : catalogue.libraries;
  return scope.library === undefined
    ? visible
    : [findLibrary(visible, scope.library, 'project' in scope ? scope.project : undefined)];
}

/** Document tables, by segment id within library id; read beside the heads. */
export type DocumentTables = ReadonlyMap<LibraryEntry, readonly SegmentDocuments[]>;

/** The tables that a filter by documents needs: they alone know names. Errors: as `loadHeads`. */
export async function loadTables(
  kv: KeyValueStore,
  libraries: readonly LibraryEntry[],
): Promise<DocumentTables> {
  const tables = await settleAll(
    libraries.map(({ id, segments }) => loadSegmentDocuments(kv, id, segments)),
  );
  return new Map(libraries.map((library, i) => [library, tables[i] ?? []]));
}

/**
 * The heads as a search sees them that is for these documents only: all others count as deleted.
 * Errors: `document_unknown` for a name that no library searched has.
 */
export function filteredHeads(
  heads: readonly SegmentHead[],
  tables: DocumentTables,
  documents: readonly string[],
): SegmentHead[] {
  const wanted = new Set(documents);
  const found = new Set<string>();
  const filtered = heads.map((head): SegmentHead => {
    const segment = tables
      .get(head.library)
      ?.find(({ descriptor }) => descriptor.id === head.descriptor.id);
    const others = (segment?.documents ?? []).flatMap(({ name }, ordinal) => {
      if (!wanted.has(name) || isTombstoned(head.tombstones, ordinal)) return [ordinal];
      found.add(name);
      return [];
    });
    const tombstones = withTombstones(head.tombstones, head.descriptor.documents, others);
    return { ...head, tombstones };
  });
  const missing = documents.find((name) => !found.has(name));
  if (missing === undefined) return filtered;
  throw new GroundworkError({
    code: 'document_unknown',
    message: `document "${missing}": not in the libraries searched; check its name, or search without the filter`,
    facts: { document: missing },
  });
}
