/** Why a search found what it found, in lines for people. */

import type { ExplainedCandidate, Explanation } from '../src/retrieval/explain';

/** A line a library, then one a candidate; none where nothing was to be explained. */
export function explanationLines(explanation: Explanation | undefined): string[] {
  if (explanation === undefined) return [];
  const { libraries, candidates } = explanation;
  return [...libraries.map(formatVerdict), ...candidates.map(formatCandidate)];
}

/** How far above chance a library lies, and how far it must. */
function formatVerdict(verdict: Explanation['libraries'][number]): string {
  const { library, applies, significance, level } = verdict;
  const held =
    significance === null || level === null
      ? 'no threshold'
      : `${significance.toFixed(2)} deviations above chance, ${level} needed`;
  return `library "${library}" ${applies ? 'applies' : 'does not apply'}: ${held}`;
}

/** A candidate in a line: where it stands, what it scored, and what became of it. */
function formatCandidate(candidate: ExplainedCandidate): string {
  const { rank, score, byVector, byWords, dropped, document, start } = candidate;
  const fate = rank === null ? `dropped (${dropped})` : `hit ${rank}`;
  const vector = byVector && `vector #${byVector.rank} ${byVector.cosine.toFixed(3)}`;
  const words =
    byWords &&
    `words ${byWords.rank === null ? '' : `#${byWords.rank} `}${byWords.score.toFixed(1)} ` +
      `(${byWords.matched.map(({ word }) => word).join(' ') || 'none'})`;
  const signals = [vector, words].filter((signal) => signal !== null).join('; ');
  return `  ${fate.padEnd(20)} ${score.toFixed(2).padStart(6)}  ${document}:${start}  ${signals}`;
}
