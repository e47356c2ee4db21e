/**
 * Hits that stand next to each other in a document become one passage: what a cut took apart reads
 * as it was written, and its source is named once.
 */

import type { Hit } from './hits';

/**
 * Documents in the order of their best hits, passages of each in the document's order, neighbours
 * merged. A merged passage has the rank and scores of the best hit in it.
 */
export function mergeNeighbours(hits: readonly Hit[]): Hit[] {
  const byDocument = new Map<string, Hit[]>();
  for (const hit of hits) {
    const key = JSON.stringify([hit.library, hit.document]);
    byDocument.set(key, [...(byDocument.get(key) ?? []), hit]);
  }
  return [...byDocument.values()].flatMap((ofDocument) => {
    const inOrder = [...ofDocument].sort((a, b) => a.start - b.start || a.end - b.end);
    const passages: Hit[] = [];
    for (const hit of inOrder) {
      const before = passages.at(-1);
      const joined = before && join(before, hit);
      if (joined === undefined) passages.push(hit);
      else passages[passages.length - 1] = joined;
    }
    return passages;
  });
}

/** Both as one; undefined where text stands between them. `a` begins first. */
function join(a: Hit, b: Hit): Hit | undefined {
  if (b.start > a.end) return undefined;
  const best = a.rank <= b.rank ? a : b;
  // What both have, as chunks may overlap, is said once.
  const isWithin = b.end <= a.end;
  const text = isWithin ? a.text : a.text + b.text.slice(a.end - b.start);
  const { rank, score, cosine } = best;
  return {
    ...a,
    rank,
    score,
    cosine,
    headings: commonHeadings(a.headings, b.headings),
    end: Math.max(a.end, b.end),
    text,
    // Of the seam nothing is needed: what b repeats to be read alone stands in a.
    trail: isWithin ? a.trail : b.trail,
  };
}

/** The headings above both, which are those of the whole passage. */
function commonHeadings(a: readonly string[], b: readonly string[]): readonly string[] {
  const differing = a.findIndex((heading, i) => heading !== b[i]);
  return differing === -1 ? a : a.slice(0, differing);
}
