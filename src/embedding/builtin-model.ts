/**
 * Loads Universal Sentence Encoder Lite (English, 512 dimensions) and runs it on token ids.
 *
 * The one module-level value of this project is the loaded model: 28 MB of public weights, the
 * same for every installation, and half a second to load. It holds no customer's data: ids come
 * in, vectors go out, and every tensor of a run is freed before the run returns.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltinFiles, builtinUnavailable, findBuiltinFiles } from './builtin-files';
import { useFastBatchMatMul } from './builtin-mat-mul';
import type { GraphModel, TensorRuntime } from './builtin-runtime';

export const BUILTIN_DIMENSIONS = 512;
/** The model drops every token from the 129th on (graph node `ClipToMaxLength`). */
export const BUILTIN_MODEL_TOKENS_MAX = 128;

export interface BuiltinModel {
  /** Ids of the model's own vocabulary of 8,000 pieces; a word comes without white space. */
  encodeWord(word: string): readonly number[];
  /**
   * Shapes: `windows` of 1 to 128 ids each; the answer is Float32Array[windows x 512], row-major.
   * Cost: about 4.7 million multiplications a token, on the calling thread.
   */
  run(windows: readonly (readonly number[])[]): Promise<Float32Array>;
}

/** Loads are shared by place, so that two calls at once read the files once. */
const loads = new Map<string, Promise<BuiltinModel>>();

/** Errors: `builtin_model_unavailable`; a failed load is tried anew by the next call. */
export async function loadBuiltinModel(given: Partial<BuiltinFiles>): Promise<BuiltinModel> {
  const key = `${given.modelDirectory ?? ''}\n${given.wasmDirectory ?? ''}`;
  const known = loads.get(key);
  if (known !== undefined) return known;
  const load = loadFrom(given);
  loads.set(key, load);
  load.catch(() => loads.delete(key));
  return load;
}

async function loadFrom(given: Partial<BuiltinFiles>): Promise<BuiltinModel> {
  const files = await findBuiltinFiles(given);
  try {
    return await readModel(files);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw builtinUnavailable(`loading from ${files.modelDirectory} failed (${reason})`, cause);
  }
}

async function readModel(files: BuiltinFiles): Promise<BuiltinModel> {
  // Eager mode keeps both packages in the one file of a webpack bundle; they still run only now.
  const core = await import(/* webpackMode: "eager" */ '@energetic-ai/core');
  const embeddings = await import(/* webpackMode: "eager" */ '@energetic-ai/embeddings');
  const runtime = commonJsExports(core) as TensorRuntime;
  runtime.setWasmPaths(join(files.wasmDirectory, '/'));
  await runtime.ready();
  useFastBatchMatMul(runtime);
  const vocabulary = JSON.parse(await readFile(join(files.modelDirectory, 'vocab.json'), 'utf8'));
  const graph = await runtime.loadGraphModel(
    runtime.io.fileSystem(join(files.modelDirectory, 'model.json')),
  );
  const { EmbeddingsModel } = commonJsExports(
    embeddings,
  ) as typeof import('@energetic-ai/embeddings');
  const { tokenizer } = new EmbeddingsModel({ vocabulary, model: graph });
  return {
    encodeWord: (word) => tokenizer.encode(word),
    run: (windows) => runGraph(runtime, graph, windows),
  };
}

async function runGraph(
  runtime: TensorRuntime,
  graph: GraphModel,
  windows: readonly (readonly number[])[],
): Promise<Float32Array> {
  const values = Int32Array.from(windows.flat());
  const indices = new Int32Array(values.length * 2);
  let next = 0;
  for (const [row, window] of windows.entries()) {
    for (let position = 0; position < window.length; position += 1) {
      indices[next] = row;
      indices[next + 1] = position;
      next += 2;
    }
  }
  const inputs = {
    indices: runtime.tensor2d(indices, [values.length, 2], 'int32'),
    values: runtime.tensor1d(values, 'int32'),
  };
  const output = await graph.executeAsync(inputs);
  const vectors = await output.data();
  for (const tensor of [inputs.indices, inputs.values, output]) tensor.dispose();
  return vectors;
}

/** Node and webpack both give a CommonJS package's exports as `default`; names only sometimes. */
function commonJsExports(module: object): unknown {
  return 'default' in module ? module.default : module;
}
