import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  generateSynthetic,
  SYNTHETIC_KINDS,
  type SyntheticKind,
  type SyntheticSpec,
  syntheticBase,
  syntheticQueries,
} from '../../bench/workloads/synthetic';
import { wholeOf } from '../../bench/workloads/vector-source';
import { codeThrownBy } from '../support/error-code';
import { checksum } from './checksum';

/** Not a multiple of the chunks of a document, so that the last document is cut. */
const N = 203;
const QUERIES = 20;

/** SHA-256 of base and queries as the script that defines the workloads gives them. */
const CHECKSUMS: [SyntheticKind, number, number, string, string][] = [
  ['hier', 1, 256, 'f1511473cdc5fdb9', '73b3c11941d2919e'],
  ['hier', 1, 384, 'e5245e9b967e6677', '3dce131c13f6a1e7'],
  ['hier', 1, 1536, 'b9ddb4c3afa555b7', '5682e6201d1ae6a1'],
  ['hier', 7, 256, 'e749c95969dafc6f', '405c5693cb5e625a'],
  ['hier', 7, 384, '64eea5c46df34492', 'bb4b28da905214d3'],
  ['hier', 7, 1536, 'c1646cd914494486', '99209018bf0c2658'],
  ['topic', 1, 256, 'f398cf72c38a1313', '44a7b4b0fb51b69b'],
  ['topic', 1, 384, 'e054226a1ae16546', '27f608802414199d'],
  ['topic', 1, 1536, '9a4f555ceac53386', 'ce10655cf50c62ca'],
  ['topic', 7, 256, 'd6dc907451aa6f10', '415c22e5603e2c7f'],
  ['topic', 7, 384, '9f91fbaf490905bd', '0f09992340416207'],
  ['topic', 7, 1536, '2d790a790f79828b', 'fbdf4f1985e36ab4'],
  ['gmm', 1, 256, '26b5dd6e1b6a4599', '6682201a2b6fa4fa'],
  ['gmm', 1, 384, '4da7bce421ab1b10', 'efa3317a387f831c'],
  ['gmm', 1, 1536, '7f56d306f91a3ac9', '3af218ee1e802ed7'],
  ['gmm', 7, 256, '9235f1fbfa06541e', '6b9125fd3f68012c'],
  ['gmm', 7, 384, 'a75849b5e14941ba', 'a9e88ea3f0cf8f67'],
  ['gmm', 7, 1536, '80f6c1fc00305457', '50e9303762a06b64'],
  ['spec', 1, 256, '2244096ebafa75c6', 'a0c69c9b66e0e386'],
  ['spec', 1, 384, 'b4169c68fb1a4b61', '88a97a04f18aa1d7'],
  ['spec', 1, 1536, 'cccf55829f34eb8e', 'ff00c85e005f5051'],
  ['spec', 7, 256, 'ac809d192e4421c3', '034d7d7183ddba41'],
  ['spec', 7, 384, '0229914622333e07', 'db43fd6e5fd2fa95'],
  ['spec', 7, 1536, '3ad17c9f10aec6af', '2c672cd04e1230b2'],
  ['uniform', 1, 256, 'f928ef4c04678d1e', '29aa2d92ff4a9916'],
  ['uniform', 1, 384, 'b74f4cafe7adef70', '3460f2dfce9dc3bd'],
  ['uniform', 1, 1536, '11950740f58f0a64', '44f3111275cba399'],
  ['uniform', 7, 256, '0865bff2f634ffb1', 'ad5be347f2edc00f'],
  ['uniform', 7, 384, '294a150c3284d70e', '494f3e5cc07377d9'],
  ['uniform', 7, 1536, 'f6ddd6bccbb24d8c', '3824fdb55b2cb87f'],
];

const specOf = (kind: SyntheticKind, seed: number, dims: number): SyntheticSpec => ({
  kind,
  n: N,
  dims,
  queries: QUERIES,
  seed,
});

describe('a synthetic workload', () => {
  it.each(CHECKSUMS)('%s, seed %i, %i dimensions has the bytes it always had', (...given) => {
    const [kind, seed, dims, base, queries] = given;
    const generated = generateSynthetic(specOf(kind, seed, dims));
    expect(checksum(generated.base)).toBe(base);
    expect(checksum(generated.queries)).toBe(queries);
  });

  it.each(SYNTHETIC_KINDS)('%s streamed is the same as the whole', (kind) => {
    const spec = specOf(kind, 7, 384);
    const { base, queries } = generateSynthetic(spec);
    const source = syntheticBase(spec);
    for (const rowsPerBlock of [1, 8, 100, N, 1000]) {
      const blocks = [...source.blocks(rowsPerBlock)];
      expect(blocks.map(({ first }) => first)).toEqual(
        Array.from({ length: Math.ceil(N / rowsPerBlock) }, (_, i) => i * rowsPerBlock),
      );
      for (const { first, rows } of blocks) {
        const start = first * spec.dims;
        expect(checksum(rows)).toBe(checksum(base.subarray(start, start + rows.length)));
      }
    }
    expect(checksum(wholeOf(source))).toBe(checksum(base));
    expect(checksum(syntheticQueries(spec))).toBe(checksum(queries));
  });

  it.each([100, 5 * 256, 9 * 64])('of %i dimensions is refused where it is rotated', (dims) => {
    expect(codeThrownBy(() => generateSynthetic(specOf('hier', 1, dims)))).toBe('workload_dims');
  });
});

/** As much of the script as is called here. */
interface Script {
  generate(
    kind: string,
    n: number,
    dims: number,
    queries: number,
    seed: number,
  ): { base: Float32Array; queries: Float32Array };
}

const data = process.env['GROUNDWORK_DATA'];

describe.skipIf(data === undefined)('the script that defines the workloads', () => {
  it.each(SYNTHETIC_KINDS)(
    'gives the same %s at other sizes, dimensions and seeds',
    async (kind) => {
      const path = join(data ?? '', 'vectors', 'synthetic.mjs');
      const script = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Script;
      const cases = [
        [1, 64, 1],
        [1001, 512, 3],
        [300, 768, 11],
        [150, 3072, 1],
        [90, 4096, 2],
      ] as const;
      for (const [n, dims, seed] of cases) {
        const expected = script.generate(kind, n, dims, QUERIES, seed);
        const found = generateSynthetic({ kind, n, dims, queries: QUERIES, seed });
        expect(checksum(found.base)).toBe(checksum(expected.base));
        expect(checksum(found.queries)).toBe(checksum(expected.queries));
      }
    },
  );
});
