/**
 * Speeds up the products of many small matrices in the model's attention layers.
 *
 * The wasm backend of TensorFlow.js 4.5 multiplies two matrices by XNNPACK (about 25 GFLOPS on the
 * machine of ADR 0003) but a batch of them by a plain loop (about 2 GFLOPS), which took 40 % of a
 * run at windows of 128 tokens. Here a batch becomes single products. Results differ by rounding
 * only: at most 1.5e-7 in any of 512 dimensions (2026-11-22).
 */
import type { Kernel, MatMulArguments, TensorInfo, TensorRuntime } from './builtin-runtime';

/** Replaces the kernel in the runtime's own registry, once; later calls change nothing. */
export function useFastBatchMatMul(runtime: TensorRuntime): void {
  const original = runtime.getKernel('BatchMatMul', 'wasm');
  if (original === undefined || replaced.has(original.kernelFunc)) return;
  const kernelFunc = (args: MatMulArguments) => multiplyOneByOne(args, original.kernelFunc);
  replaced.add(kernelFunc);
  runtime.unregisterKernel('BatchMatMul', 'wasm');
  runtime.registerKernel({ ...original, kernelFunc });
}

const replaced = new WeakSet<Kernel['kernelFunc']>();

function multiplyOneByOne(args: MatMulArguments, multiply: Kernel['kernelFunc']): TensorInfo {
  const { inputs, backend, attrs } = args;
  const { a, b } = inputs;
  const outer = a.shape.slice(0, -2);
  const count = product(outer);
  const single = count === 1 && !attrs.transposeB;
  if (single || attrs.transposeA || product(b.shape.slice(0, -2)) !== count) return multiply(args);

  const [rows = 0, inner = 0] = a.shape.slice(-2);
  const columns = product(b.shape.slice(-2)) / inner;
  const output = backend.makeOutput([...outer, rows, columns], 'float32');
  for (let i = 0; i < count; i += 1) {
    // A fresh tensor each time: XNNPACK keeps packed weights by the identity of the right matrix.
    const left = backend.makeOutput([1, rows, inner], 'float32');
    const right = backend.makeOutput([1, inner, columns], 'float32');
    backend.typedArrayFromHeap(left).set(part(backend.typedArrayFromHeap(a), i, rows * inner));
    const source = part(backend.typedArrayFromHeap(b), i, inner * columns);
    const target = backend.typedArrayFromHeap(right);
    if (attrs.transposeB) transpose(source, target, columns, inner);
    else target.set(source);
    const plain = { transposeA: false, transposeB: false };
    const result = multiply({ inputs: { a: left, b: right }, backend, attrs: plain });
    const values = backend.typedArrayFromHeap(result);
    backend.typedArrayFromHeap(output).set(values, i * rows * columns);
    for (const tensor of [left, right, result]) backend.disposeData(tensor.dataId);
  }
  return output;
}

function part(values: Float32Array, index: number, size: number): Float32Array {
  return values.subarray(index * size, (index + 1) * size);
}

/** Shapes: `source` [rows x columns], `target` [columns x rows], which is overwritten. */
function transpose(
  source: Float32Array,
  target: Float32Array,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      target[column * rows + row] = source[row * columns + column] ?? 0;
    }
  }
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
