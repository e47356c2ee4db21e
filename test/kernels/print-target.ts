/** Run as a process of its own by create-kernels.test.ts: which kernels are there, and what they do. */

import { createKernels } from '../../src/kernels/kernels';

const kernels = createKernels();
kernels.reserve(32);
new Int8Array(kernels.buffer).set([1, 2, 3, 4, 5, 6]);
kernels.dotInt8Rows(0, 3, 1, 3, 16);
const dot = new Int32Array(kernels.buffer, 16, 1)[0];
let refusal = '';
try {
  createKernels({ target: 'wasm-simd128' });
} catch (error) {
  refusal = String(error);
}
console.log(JSON.stringify({ target: kernels.target, dot, refusal }));
