/** The workloads of the benches, one data file each; or one made up from options. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { GroundworkError } from '../../src/errors';
import { SYNTHETIC_KINDS, type SyntheticSpec } from './synthetic';

const countSchema = v.pipe(v.number(), v.integer(), v.minValue(1));
const common = {
  name: v.pipe(v.string(), v.minLength(1)),
  description: v.string(),
  /** Base vectors; queries are not among them. */
  n: countSchema,
  dims: countSchema,
  queries: countSchema,
};

const syntheticSchema = v.strictObject({
  ...common,
  kind: v.picklist(SYNTHETIC_KINDS),
  seed: v.pipe(v.number(), v.integer()),
});

const filesSchema = v.strictObject({
  ...common,
  /** Below the folder that GROUNDWORK_DATA names. */
  files: v.strictObject({ base: v.string(), queries: v.string(), truth: v.string() }),
});

const packageSchema = v.strictObject({
  ...common,
  package: v.strictObject({
    name: v.string(),
    /** File of float32 rows inside the package. */
    vectors: v.string(),
    /** Of so many rows the last is a query. */
    heldOutEvery: v.pipe(v.number(), v.integer(), v.minValue(2)),
  }),
});

const workloadSchema = v.union([syntheticSchema, filesSchema, packageSchema]);

export type SyntheticWorkload = v.InferOutput<typeof syntheticSchema>;
export type FilesWorkload = v.InferOutput<typeof filesSchema>;
export type PackageWorkload = v.InferOutput<typeof packageSchema>;
export type Workload = SyntheticWorkload | FilesWorkload | PackageWorkload;

/** Names of all workload files, by kind, then size, then dimensions. */
export function workloadNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readWorkload(file.replace(/\.json$/, '')))
    .sort((a, b) => rank(a) - rank(b) || a.n - b.n || a.dims - b.dims)
    .map(({ name }) => name);
}

function rank(workload: Workload): number {
  return 'kind' in workload ? SYNTHETIC_KINDS.indexOf(workload.kind) : SYNTHETIC_KINDS.length;
}

/** The workload of a data file in this folder. */
export function readWorkload(name: string): Workload {
  let text: string;
  try {
    text = readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8');
  } catch (cause) {
    throw new GroundworkError({
      code: 'workload_unknown',
      message: `There is no workload ${name}; its file bench/workloads/${name}.json could not be read.`,
      facts: { name },
      cause,
    });
  }
  const parsed = v.safeParse(workloadSchema, JSON.parse(text));
  if (parsed.success && parsed.output.name === name) return parsed.output;
  throw new GroundworkError({
    code: 'workload_invalid',
    message: `bench/workloads/${name}.json: expected its own name, a description, n, dims, queries and one of kind with seed, files, or package; mend the file.`,
    facts: { name },
  });
}

/** A workload that has no file: one of the synthetic kinds at any size. */
export function syntheticWorkload(spec: SyntheticSpec): SyntheticWorkload {
  const { kind, n, dims, seed } = spec;
  const name = `${kind}-${n}x${dims}-seed-${seed}`;
  return { ...spec, name, description: `Synthetic vectors, ${kind}.` };
}
