/**
 * The few functions of TensorFlow.js 4.5 (in `@energetic-ai/core` 0.2.0) that the builtin model
 * needs. That package's own types point to `@tensorflow/*`, which it bundles and does not install.
 */

export interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

export interface GraphModel {
  executeAsync(inputs: { [name: string]: Tensor }): Promise<Tensor>;
}

/** A tensor as kernels see it: where its numbers stand in the memory of the wasm module. */
export interface TensorInfo {
  dataId: object;
  shape: number[];
  dtype: string;
}

export interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
  /** A view of wasm memory; any allocation may move the memory and void the view. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

export interface MatMulArguments {
  inputs: { a: TensorInfo; b: TensorInfo };
  backend: WasmBackend;
  attrs: { transposeA: boolean; transposeB: boolean };
}

export interface Kernel {
  kernelName: string;
  backendName: string;
  kernelFunc: (args: MatMulArguments) => TensorInfo;
}

export interface TensorRuntime {
  setWasmPaths(directory: string): void;
  ready(): Promise<void>;
  loadGraphModel(source: unknown): Promise<GraphModel>;
  io: { fileSystem(path: string): unknown };
  tensor1d(values: Int32Array, dtype: 'int32'): Tensor;
  tensor2d(values: Int32Array, shape: [number, number], dtype: 'int32'): Tensor;
  getKernel(kernelName: string, backendName: string): Kernel | undefined;
  registerKernel(kernel: Kernel): void;
  unregisterKernel(kernelName: string, backendName: string): void;
}
