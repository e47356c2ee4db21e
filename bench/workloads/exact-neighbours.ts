/** The exact answer that every approximate one is compared with. */

import { DotProducts, ROWS_AT_A_TIME } from './dot-products';
import { type RowBlock, sourceOf, type VectorSource } from './vector-source';

/** Neighbours per query in a truth file. */
export const TRUTH_WIDTH = 100;

/**
 * The k nearest rows of each query, collected while base vectors pass by. Products of unit vectors
 * are summed in float64 with four sums, so equal inputs give equal answers on every machine. The
 * blocks may come in any order.
 */
export class ExactNeighbours {
  private readonly products: DotProducts;
  private readonly dims: number;
  private readonly best: readonly BestRows[];

  /** `queries` is row-major, like the base. */
  static async create(
    queries: Float32Array,
    dims: number,
    k = TRUTH_WIDTH,
  ): Promise<ExactNeighbours> {
    const count = queries.length / dims;
    const products = await DotProducts.create(dims, count, 'float64');
    products.setColumns(queries);
    const best = Array.from({ length: count }, () => new BestRows(k));
    return new ExactNeighbours(products, dims, best);
  }

  private constructor(products: DotProducts, dims: number, best: readonly BestRows[]) {
    this.products = products;
    this.dims = dims;
    this.best = best;
  }

  add({ first, rows }: RowBlock): void {
    const { dims, best } = this;
    for (let start = 0; start < rows.length; start += ROWS_AT_A_TIME * dims) {
      const part = rows.subarray(start, start + ROWS_AT_A_TIME * dims);
      const { dots, stride } = this.products.of(part);
      const count = part.length / dims;
      for (let i = 0; i < count; i += 1) {
        const row = first + start / dims + i;
        for (let query = 0; query < best.length; query += 1) {
          (best[query] as BestRows).add(dots[i * stride + query] as number, row);
        }
      }
    }
  }

  /** Rows of each query, k a query, best first, equal scores by row; -1 where there are fewer. */
  result(): Int32Array {
    return Int32Array.from(this.best.flatMap((rows) => rows.sorted()));
  }
}

/** The k nearest rows of each query by cosine of unit vectors, as ExactNeighbours gives them. */
export async function exactNeighbours(
  base: Float32Array | VectorSource,
  queries: Float32Array,
  dims: number,
  k = TRUTH_WIDTH,
): Promise<Int32Array> {
  const neighbours = await ExactNeighbours.create(queries, dims, k);
  const source = base instanceof Float32Array ? sourceOf(base, dims) : base;
  for (const block of source.blocks()) neighbours.add(block);
  return neighbours.result();
}

/** A heap of the k best rows whose root is the worst of them. */
class BestRows {
  private readonly k: number;
  private readonly scores: Float64Array;
  private readonly rows: Int32Array;
  private count = 0;

  constructor(k: number) {
    this.k = k;
    this.scores = new Float64Array(k);
    this.rows = new Int32Array(k);
  }

  add(score: number, row: number): void {
    if (this.count < this.k) {
      this.put(this.count, score, row);
      this.count += 1;
      if (this.count === this.k) for (let i = this.k >> 1; i >= 0; i -= 1) this.sink(i);
    } else if (this.isWorse(0, score, row)) {
      this.put(0, score, row);
      this.sink(0);
    }
  }

  /** Best first, filled up with -1. */
  sorted(): number[] {
    const { k, count, scores, rows } = this;
    const order = Array.from({ length: count }, (_, i) => i);
    order.sort((i, j) => at(scores, j) - at(scores, i) || at(rows, i) - at(rows, j));
    return Array.from({ length: k }, (_, i) => (i < count ? at(rows, order[i] as number) : -1));
  }

  /** Whether entry i is worse than another score and row. */
  private isWorse(i: number, score: number, row: number): boolean {
    const own = at(this.scores, i);
    return own < score || (own === score && at(this.rows, i) > row);
  }

  private put(i: number, score: number, row: number): void {
    this.scores[i] = score;
    this.rows[i] = row;
  }

  private sink(start: number): void {
    const { k, scores, rows } = this;
    const score = at(scores, start);
    const row = at(rows, start);
    let i = start;
    for (let child = 2 * i + 1; child < k; child = 2 * i + 1) {
      const other = child + 1;
      if (other < k && this.isWorse(other, at(scores, child), at(rows, child))) child = other;
      if (!this.isWorse(child, score, row)) break;
      this.put(i, at(scores, child), at(rows, child));
      i = child;
    }
    this.put(i, score, row);
  }
}

function at(values: Float64Array | Int32Array, i: number): number {
  return values[i] as number;
}
