/** The kernels in WebAssembly with simd128, from the texts in `wat/`. */

import type { Routines } from './routines';
import { KERNELS_WASM } from './wasm-binary';

/** As much of the WebAssembly interface as is used here. */
interface WasmApi {
  validate(binary: Uint8Array): boolean;
  Module: new (binary: Uint8Array) => WasmModule;
  Instance: new (module: WasmModule) => { readonly exports: unknown };
}

/** A compiled module: code without data, whatever is made of it. */
type WasmModule = object;

/** What the binary exports: the kernels by their names, and their memory. */
type WasmExports = Omit<Routines, 'target' | 'buffer' | 'grow'> & {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
};

/** Compiling is done once in a process. Only code is kept; every instance has its own memory. */
const compiled: { module?: WasmModule } = {};

/** The kernels over a fresh memory of one page; undefined where WebAssembly lacks simd128. */
export function createWasmRoutines(): Routines | undefined {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return undefined;
  if (compiled.module === undefined) {
    const binary = Buffer.from(KERNELS_WASM, 'base64');
    if (!api.validate(binary)) return undefined;
    compiled.module = new api.Module(binary);
  }
  const { memory, ...kernels } = new api.Instance(compiled.module).exports as WasmExports;
  return {
    ...kernels,
    target: 'wasm-simd128',
    get buffer() {
      return memory.buffer;
    },
    grow: (pages) => {
      memory.grow(pages);
    },
  };
}
