/**
 * From the terms of blocks of rows to the lists of a segment: whichever blocks the rows came in,
 * the lists are the same.
 */

import { nameWords } from '../analysis/name-words';
import { analyze } from '../analysis/terms';
import type { TermBlock } from './collect-terms';
import type { DocumentEntry } from './document-table';
import { packPosting, type TermList } from './postings-value';
import { hashTerm } from './term-hash';

const NONE = new Uint32Array(0);

/** Terms of each row, from all blocks. */
export function rowLengthsOf(blocks: readonly TermBlock[], rows: number): Uint32Array {
  const lengths = new Uint32Array(rows);
  for (const block of blocks) {
    for (const [i, row] of block.rows.entries()) lengths[row] = block.lengths[i] as number;
  }
  return lengths;
}

/** The lists of all terms, by ascending hash. */
export function* mergeTerms(
  blocks: readonly TermBlock[],
  documents: readonly DocumentEntry[],
): Iterable<TermList> {
  const titles = titlePostings(blocks, documents);
  const titleHashes = Float64Array.from(titles.keys()).sort();
  const next = new Uint32Array(blocks.length);
  let nextTitle = 0;
  for (;;) {
    let hash = titleHashes[nextTitle] ?? Number.POSITIVE_INFINITY;
    for (const [i, { hashes }] of blocks.entries()) {
      hash = Math.min(hash, hashes[next[i] as number] ?? Number.POSITIVE_INFINITY);
    }
    if (hash === Number.POSITIVE_INFINITY) return;
    const parts: Uint32Array[] = [];
    for (const [i, { hashes, starts, postings }] of blocks.entries()) {
      const at = next[i] as number;
      if (hashes[at] !== hash) continue;
      parts.push(postings.subarray(starts[at], starts[at + 1]));
      next[i] = at + 1;
    }
    if (titleHashes[nextTitle] === hash) nextTitle += 1;
    const inTitles = titles.get(hash);
    yield { hash, rows: joined(parts), titles: inTitles ? Uint32Array.from(inTitles) : NONE };
  }
}

/** Postings in order; blocks may hold rows from anywhere. */
function joined(parts: readonly Uint32Array[]): Uint32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}

/** By the hash of each term of a title or a name, the postings of documents, ascending. */
function titlePostings(
  blocks: readonly TermBlock[],
  documents: readonly DocumentEntry[],
): Map<number, number[]> {
  const titleAt = new Map<number, readonly number[]>();
  for (const { titles } of blocks) for (const { row, hashes } of titles) titleAt.set(row, hashes);
  const postings = new Map<number, number[]>();
  let first = 0;
  for (const [ordinal, { name, chunks }] of documents.entries()) {
    const rows = Array.from(chunks, (_, i) => first + i);
    const titleRow = rows.find((row) => titleAt.has(row));
    const title = titleRow === undefined ? [] : (titleAt.get(titleRow) as readonly number[]);
    const frequencies = new Map<number, number>();
    for (const hash of [...title, ...analyze(nameWords(name)).map(hashTerm)]) {
      frequencies.set(hash, (frequencies.get(hash) ?? 0) + 1);
    }
    for (const [hash, frequency] of frequencies) {
      const posting = packPosting(ordinal, frequency);
      const known = postings.get(hash);
      if (known === undefined) postings.set(hash, [posting]);
      else known.push(posting);
    }
    first += chunks.length;
  }
  return postings;
}
