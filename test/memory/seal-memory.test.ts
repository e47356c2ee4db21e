import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRecord } from '../../src/index/record';
import type { JsonValue } from '../../src/platform/ports';
import { quantizeInt8 } from '../../src/quantization/int8';
import { seededRandom } from '../../src/quantization/seeded-random';
import { wordOf, zipfRanks } from '../support/zipf-library';
import { serveStore } from './remote-store';
import { vectorOfRow } from './seal-input';

const ROWS = 100_000;
const DIMENSIONS = 1_536;
const FUNCTION_MB = 512;
/** Of the function's memory, what the engine may use for objects; the rest is buffers and code. */
const HEAP_MB = 256;
const SENTENCE = 'The release needs two approvals before it goes out on Tuesday. ';
/** Words of a chunk, some fifty of them different: five million postings in all. */
const WORDS_PER_CHUNK = 66;

interface Report {
  chunks: number;
  found: number;
  queries: number;
  sealRssMb: number;
  rssMb: number;
}

describe('a function of 512 MB', () => {
  it(`seals ${ROWS} chunks of ${DIMENSIONS} dimensions and queries them`, async () => {
    const values = new Map<string, JsonValue>();
    const child = fork(
      join(import.meta.dirname, 'seal-child.ts'),
      [String(ROWS), String(DIMENSIONS)],
      { execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP_MB}`] },
    );
    serveStore(child, values, recordOf);
    const report = await new Promise<Report>((resolve, reject) => {
      child.on('message', (message: { report?: Report }) => {
        if (message.report !== undefined) resolve(message.report);
      });
      child.on('exit', (code) => reject(new Error(`the child ended with ${code}`)));
    });
    console.log(
      `sealed ${report.chunks} chunks within ${report.sealRssMb} MB, queried within ${report.rssMb} MB`,
    );
    expect(report.chunks).toBe(ROWS);
    expect(report.found).toBe(report.queries);
    expect(report.rssMb).toBeLessThan(FUNCTION_MB);
    const left = [...values.keys()].filter((key) => key.includes(':w:'));
    expect(left).toEqual([]);
  }, 600_000);
});

/** As long as a chunk is, with words of its own as a text has them. */
function textOf(row: number): string {
  const rank = zipfRanks(seededRandom(row));
  const words = Array.from({ length: WORDS_PER_CHUNK }, () => wordOf(rank()));
  return `${SENTENCE.repeat(16)}${words.join(' ')}`;
}

/** The record under a key, made when it is read: 100,000 of them are 370 MB. */
function recordOf(key: string): JsonValue | undefined {
  const [, , space, , number] = key.split(':');
  if (space !== 'r') return undefined;
  const row = Number(number);
  return encodeRecord(key, {
    document: `document-${row >> 3}.md`,
    headings: ['Rules'],
    lead: '',
    text: textOf(row),
    trail: '',
    vector: quantizeInt8(vectorOfRow(row, DIMENSIONS)),
  });
}
