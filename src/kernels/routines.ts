/** What both targets implement: the kernels without checks, over a memory of their own. */

export type KernelTarget = 'wasm-simd128' | 'typescript';

/** Memory comes in pages, as WebAssembly has them, whatever the target. */
export const PAGE_BYTES = 65_536;

/** The arguments are those of `Kernels` and have been checked; offsets are bytes into `buffer`. */
export interface Routines {
  readonly target: KernelTarget;
  readonly buffer: ArrayBuffer;
  /** Adds so many pages of zeros, keeping what is there; `buffer` is another one afterwards. */
  grow(pages: number): void;
  dotInt8Rows(query: number, rows: number, count: number, dimensions: number, out: number): void;
  scanOneBit(
    planes: number,
    planeCount: number,
    codes: number,
    codeBytes: number,
    stride: number,
    count: number,
    out: number,
  ): void;
  hadamard(values: number, length: number): void;
  rotate(values: number, factors: number, dimensions: number, length: number, rounds: number): void;
  nearestRow(
    query: number,
    rows: number,
    count: number,
    dimensions: number,
    scales: number,
    bias: number,
    out: number,
  ): number;
}
