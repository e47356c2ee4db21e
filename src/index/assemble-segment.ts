/** The values of a segment, and the descriptor that names them. */

import { assembleLexical, NO_WORDS } from './assemble-lexical';
import { assembleLists, type ListParts, NO_LISTS } from './assemble-lists';
import type { TermBlock } from './collect-terms';
import { documentItems } from './document-table';
import type { SegmentDescriptor } from './segment';
import type { StoredItem } from './stored-item';

export interface SegmentParts extends Omit<ListParts, 'clustering' | 'probes' | 'encoded'> {
  /** Undefined of a library without vectors. */
  coded: Pick<ListParts, 'clustering' | 'probes' | 'encoded'> | undefined;
  /** The terms of all rows, in any order and any number of blocks; undefined without texts. */
  terms: readonly TermBlock[] | undefined;
}

/** Errors: `counts_mismatch` when codes, terms and chunks are not as many. */
export function assembleSegment({ coded, terms, ...parts }: SegmentParts): {
  items: StoredItem[];
  descriptor: SegmentDescriptor;
} {
  const { libraryId, segmentId, documents } = parts;
  const lists = coded === undefined ? NO_LISTS : assembleLists({ ...parts, ...coded });
  const words =
    terms === undefined ? NO_WORDS : assembleLexical({ libraryId, segmentId, documents, terms });
  const segment = { id: segmentId, documentsJob: segmentId };
  const table = documentItems(libraryId, segment, documents);
  const { kind, listCount, lists: sizes, table: centroids, spread } = lists.descriptor;
  return {
    items: [...lists.items, ...words.items, ...table],
    descriptor: {
      id: segmentId,
      chunks: documents.reduce((sum, { chunks }) => sum + chunks.length, 0),
      documents: documents.length,
      kind,
      listCount,
      lists: sizes,
      table: centroids,
      spread,
      documentsJob: segmentId,
      documentBytes: table.map(({ bytes }) => bytes),
      lexical: words.lexical,
      tombstones: null,
    },
  };
}
