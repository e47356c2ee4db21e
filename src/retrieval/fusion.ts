/**
 * Fusion of rankings by rank. Cosines of two models have no common scale, ranks have.
 *
 * Source: G. V. Cormack, C. L. A. Clarke, S. Büttcher, "Reciprocal Rank Fusion outperforms
 * Condorcet and individual Rank Learning Methods", SIGIR 2009; k = 60 is the paper's value.
 */

const RRF_K = 60;

/**
 * Merges rankings of disjoint items, best first. Items of equal rank come by score, then in the
 * order of the rankings given.
 */
export function fuseByRank<T extends { score: number }>(rankings: readonly (readonly T[])[]): T[] {
  return rankings
    .flatMap((ranking, source) =>
      ranking.map((item, i) => ({ item, source, fused: 1 / (RRF_K + i + 1) })),
    )
    .sort((a, b) => b.fused - a.fused || b.item.score - a.item.score || a.source - b.source)
    .map(({ item }) => item);
}
