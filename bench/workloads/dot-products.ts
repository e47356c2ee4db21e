/** Blocks of float32 rows against a set of columns, by the SIMD kernel in dot-products.wat. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import loadWabt from 'wabt';

interface Kernel {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  fourFloat32(row: number, columns: number, dims: number, out: number): void;
  fourFloat64(row: number, columns: number, dims: number, out: number): void;
}

/** As much of the WebAssembly interface as is used here; the types of Node leave it out. */
interface WasmApi {
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

/** Rows in the kernel's memory at a time: with 1536 dimensions they fit a level-2 cache. */
export const ROWS_AT_A_TIME = 128;
/** Columns that one call of the kernel takes. */
const COLUMNS_PER_CALL = 4;
const DIMS_STEP = 8;
const PAGE_BYTES = 65_536;

const SUMS = {
  float32: { array: Float32Array, call: 'fourFloat32' },
  float64: { array: Float64Array, call: 'fourFloat64' },
} as const;

/** Type of columns and sums. float64 gives, bit for bit, the sums of a plain loop with four. */
export type SumType = keyof typeof SUMS;

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };
let compiled: Promise<object> | undefined;

/** Translates the kernel once a process. */
function compileKernel(): Promise<object> {
  compiled ??= (async () => {
    const path = join(import.meta.dirname, 'dot-products.wat');
    const wabt = await loadWabt();
    const text = wabt.parseWat('dot-products.wat', readFileSync(path), { simd: true });
    return new wasm.Module(text.toBinary({}).buffer);
  })();
  return compiled;
}

export class DotProducts {
  private readonly kernel: Kernel;
  private readonly sums: (typeof SUMS)[SumType];
  private readonly dims: number;
  private readonly paddedDims: number;
  private readonly stride: number;
  private readonly columns: Float32Array | Float64Array;
  private readonly rows: Float32Array;
  private readonly out: Float32Array | Float64Array;

  /** Makes room for up to `columnsMax` columns of `dims` dimensions. */
  static async create(dims: number, columnsMax: number, type: SumType): Promise<DotProducts> {
    const { exports } = new wasm.Instance(await compileKernel());
    return new DotProducts(exports as Kernel, dims, columnsMax, type);
  }

  private constructor(kernel: Kernel, dims: number, columnsMax: number, type: SumType) {
    this.kernel = kernel;
    this.sums = SUMS[type];
    this.dims = dims;
    this.paddedDims = roundUp(dims, DIMS_STEP);
    this.stride = roundUp(columnsMax, COLUMNS_PER_CALL);
    const { array } = this.sums;
    const columnValues = this.stride * this.paddedDims;
    const outValues = this.stride * ROWS_AT_A_TIME;
    const rowValues = ROWS_AT_A_TIME * this.paddedDims;
    const outStart = columnValues * array.BYTES_PER_ELEMENT;
    const rowStart = outStart + outValues * array.BYTES_PER_ELEMENT;
    const bytes = rowStart + rowValues * Float32Array.BYTES_PER_ELEMENT;
    const { memory } = kernel;
    memory.grow(Math.ceil(Math.max(0, bytes - memory.buffer.byteLength) / PAGE_BYTES));
    this.columns = new array(memory.buffer, 0, columnValues);
    this.out = new array(memory.buffer, outStart, outValues);
    this.rows = new Float32Array(memory.buffer, rowStart, rowValues);
  }

  /** Replaces the columns; each is a vector of `dims` values, one after the other. */
  setColumns(columns: Float32Array): void {
    this.columns.fill(0);
    spread(columns, this.dims, this.columns, this.paddedDims);
  }

  /**
   * Products of at most ROWS_AT_A_TIME rows with every column: that of row r and column c stands at
   * r * `stride` + c. The result is overwritten by the next call.
   */
  of(rows: Float32Array): { dots: Float32Array | Float64Array; stride: number } {
    const count = rows.length / this.dims;
    spread(rows, this.dims, this.rows, this.paddedDims);
    const { columns, out, paddedDims, stride } = this;
    const rowStart = this.rows.byteOffset;
    const four = this.kernel[this.sums.call];
    const size = out.BYTES_PER_ELEMENT;
    for (let column = 0; column < stride; column += COLUMNS_PER_CALL) {
      const columnsAt = columns.byteOffset + column * paddedDims * size;
      for (let row = 0; row < count; row += 1) {
        const outAt = out.byteOffset + (row * stride + column) * size;
        four(rowStart + row * paddedDims * 4, columnsAt, paddedDims, outAt);
      }
    }
    return { dots: out, stride };
  }
}

/** Copies vectors of `dims` values to where each has room for `room`. */
function spread(
  from: Float32Array,
  dims: number,
  to: Float32Array | Float64Array,
  room: number,
): void {
  if (dims === room) {
    to.set(from);
    return;
  }
  for (let start = 0, at = 0; start < from.length; start += dims, at += room) {
    to.set(from.subarray(start, start + dims), at);
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
