/**
 * How much of the reference spans the retrieved chunks hold, character by character.
 *
 * recall: characters of the references that are in a retrieved chunk, of all of them. precision:
 * the same characters, of all that was retrieved. IoU: the same, of what is in either.
 */

export interface Range {
  start: number;
  end: number;
}

export interface SpanScores {
  recall: number;
  precision: number;
  iou: number;
}

/**
 * `retrieved` are the chunks' spans in the corpus of the references; `retrievedElsewhere` counts
 * characters of chunks from other corpora, none of which can be right.
 */
export function scoreSpans(
  references: readonly Range[],
  retrieved: readonly Range[],
  retrievedElsewhere: number,
): SpanScores {
  const wanted = merge(references);
  const got = merge(retrieved);
  const wantedLength = lengthOf(wanted);
  const gotLength = lengthOf(got) + retrievedElsewhere;
  const hit = lengthOf(wanted) + lengthOf(got) - lengthOf(merge([...wanted, ...got]));
  return {
    recall: hit / wantedLength,
    precision: gotLength === 0 ? 0 : hit / gotLength,
    iou: hit / (wantedLength + gotLength - hit),
  };
}

/** The same characters as ranges that neither overlap nor touch. */
function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
