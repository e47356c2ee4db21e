/** The first step of the ladder: every int8 vector read and scored, no codes at all. */

import type { Site } from '../../cli/local-site';
import type { LibraryEntry } from '../../src/index/catalogue';
import { BODY_BYTES_MAX, openBytes } from '../../src/index/envelope';
import { workKey } from '../../src/index/keys';
import { readValues, writeValues } from '../../src/index/read-values';
import { loadRecords, readGeneration } from '../../src/index/reader';
import { type StoredItem, toBytesItem } from '../../src/index/stored-item';
import type { VectorRows } from '../../src/index/vector-rows';
import { createKernels } from '../../src/kernels/kernels';
import { quantizeInt8 } from '../../src/quantization/int8';
import { JOB_ID, LIBRARY_ID } from '../vectors/library';
import { K, type RowSearch } from '../vectors/queries';

const WORD_BYTES = 4;

/** Stores the vectors side by side: of each value the scales, then the int8 rows. */
export async function writeFlatInt8(site: Site, vectors: VectorRows): Promise<RowSearch> {
  const { dimensions, count, scales, values } = vectors;
  const rowsMax = Math.floor(BODY_BYTES_MAX / (dimensions + WORD_BYTES));
  const sizes: Pick<StoredItem, 'key' | 'bytes'>[] = [];
  for (let first = 0; first < count; first += rowsMax) {
    const end = Math.min(count, first + rowsMax);
    const bytes = Buffer.concat([
      Buffer.from(scales.slice(first, end).buffer),
      Buffer.from(
        values.buffer,
        values.byteOffset + first * dimensions,
        (end - first) * dimensions,
      ),
    ]);
    const key = workKey(LIBRARY_ID, JOB_ID, `int8:${sizes.length}`);
    const item = toBytesItem('work', key, bytes);
    sizes.push({ key, bytes: item.bytes });
    await site.run('write', ({ kv }) => writeValues(kv, [item]));
  }
  return flatInt8Search(sizes, dimensions);
}

function flatInt8Search(
  sizes: readonly Pick<StoredItem, 'key' | 'bytes'>[],
  dimensions: number,
): RowSearch {
  const kernels = createKernels();
  /** Scores of the rows of one value, best rows of all kept by the caller. */
  const scoresOf = (bytes: Buffer): Float32Array => {
    const rows = bytes.length / (dimensions + WORD_BYTES);
    const scales = new Float32Array(bytes.buffer.slice(bytes.byteOffset), 0, rows);
    const rowsAt = alignedUp(dimensions);
    const outAt = alignedUp(rowsAt + rows * dimensions);
    kernels.reserve(outAt + rows * WORD_BYTES);
    const memory = new Uint8Array(kernels.buffer);
    memory.set(bytes.subarray(rows * WORD_BYTES), rowsAt);
    kernels.dotInt8Rows(0, rowsAt, rows, dimensions, outAt);
    const dots = new Int32Array(kernels.buffer, outAt, rows);
    return scales.map((scale, row) => scale * (dots[row] as number));
  };
  return (platform, query) =>
    readGeneration(platform, async ({ libraries }) => {
      const values = await readValues(platform.kv, sizes);
      kernels.reserve(dimensions);
      new Int8Array(kernels.buffer).set(quantizeInt8(query).values);
      const best: { row: number; score: number }[] = [];
      let first = 0;
      for (const { key, value } of values) {
        const scores = scoresOf(openBytes('work', key, value));
        for (const [i, score] of scores.entries()) insert(best, { row: first + i, score });
        first += scores.length;
      }
      const rows = best.map(({ row }) => row);
      const [library] = libraries as [LibraryEntry];
      const wanted = rows.map((record) => ({ library, chunk: { job: JOB_ID, record } }));
      await loadRecords(platform.kv, wanted);
      return rows;
    });
}

/** Keeps the K best, best first. */
function insert(
  best: { row: number; score: number }[],
  found: { row: number; score: number },
): void {
  if (best.length === K && found.score <= (best[K - 1]?.score ?? 0)) return;
  const at = best.findIndex(({ score }) => score < found.score);
  best.splice(at < 0 ? best.length : at, 0, found);
  if (best.length > K) best.pop();
}

function alignedUp(offset: number): number {
  return Math.ceil(offset / WORD_BYTES) * WORD_BYTES;
}
