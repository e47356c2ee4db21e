/**
 * Which record each row of a segment has, as runs: documents are sealed in the order in which their
 * chunks were embedded, so most rows have the record after that of the row before.
 */

import { type ByteReader, ByteWriter } from './byte-stream';
import { U24_MAX } from './columns';

const JOB_DIGITS = 16;
const JOB_BYTES = JOB_DIGITS / 2;

/** Run i is the rows from `rows[i]` on, with records of `jobs[jobOf[i]]` from `records[i]` on. */
export interface RecordRuns {
  jobs: string[];
  /** Uint32Array[runs + 1]: the first row of each, and the number of rows. */
  rows: Uint32Array;
  jobOf: Uint32Array;
  records: Uint32Array;
}

export interface RecordPlace {
  job: string;
  record: number;
}

/** The runs of rows, given one after another. */
export function runsOf(places: Iterable<RecordPlace>): RecordRuns {
  const numbers = new Map<string, number>();
  const rows: number[] = [];
  const jobOf: number[] = [];
  const records: number[] = [];
  let row = 0;
  let lastJob = '';
  let nextRecord = -1;
  for (const { job, record } of places) {
    if (job !== lastJob || record !== nextRecord) {
      const number = numbers.get(job) ?? numbers.size;
      numbers.set(job, number);
      rows.push(row);
      jobOf.push(number);
      records.push(record);
    }
    lastJob = job;
    nextRecord = record + 1;
    row += 1;
  }
  return {
    jobs: [...numbers.keys()],
    rows: Uint32Array.from([...rows, row]),
    jobOf: Uint32Array.from(jobOf),
    records: Uint32Array.from(records),
  };
}

/** Of each run: rows, job, and how far it begins after the end of the job's run before. */
export function encodeRuns({ rows, jobOf, records }: RecordRuns): Uint8Array {
  const writer = new ByteWriter();
  const ends = new Map<number, number>();
  for (const [i, job] of jobOf.entries()) {
    const count = (rows[i + 1] as number) - (rows[i] as number);
    const record = records[i] as number;
    writer.varint(count);
    writer.varint(job);
    writer.signed(record - (ends.get(job) ?? 0));
    ends.set(job, record + count);
  }
  return writer.finish();
}

/** Errors: `value_corrupt`. */
export function decodeRuns(
  reader: ByteReader,
  jobs: string[],
  expected: { runs: number; rows: number },
): RecordRuns {
  const rows = new Uint32Array(expected.runs + 1);
  const jobOf = new Uint32Array(expected.runs);
  const records = new Uint32Array(expected.runs);
  const ends = new Map<number, number>();
  let row = 0;
  for (let i = 0; i < expected.runs; i += 1) {
    const count = reader.varint();
    const job = reader.varint();
    const record = (ends.get(job) ?? 0) + reader.signed();
    if (count === 0) throw reader.corrupt('a run without rows');
    if (job >= jobs.length) throw reader.corrupt(`job ${job} of ${jobs.length}`);
    if (record < 0 || record + count - 1 > U24_MAX) throw reader.corrupt(`record ${record}`);
    rows[i] = row;
    jobOf[i] = job;
    records[i] = record;
    row += count;
    if (row > expected.rows) break;
    ends.set(job, record + count);
  }
  if (row !== expected.rows) throw reader.corrupt(`runs of ${row} rows, not ${expected.rows}`);
  rows[expected.runs] = row;
  return { jobs, rows, jobOf, records };
}

export function writeJobs(writer: ByteWriter, jobs: readonly string[]): void {
  for (const job of jobs) writer.append(Buffer.from(job, 'hex'));
}

/** Errors: `value_corrupt`. */
export function readJobs(reader: ByteReader, count: number): string[] {
  const bytes = reader.take(count * JOB_BYTES).toString('hex');
  return Array.from({ length: count }, (_, i) => bytes.slice(i * JOB_DIGITS, (i + 1) * JOB_DIGITS));
}

export function recordAt({ jobs, rows, jobOf, records }: RecordRuns, row: number): RecordPlace {
  // The last run that begins at the row or before.
  let low = 0;
  let high = jobOf.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((rows[middle] as number) <= row) low = middle;
    else high = middle - 1;
  }
  const record = (records[low] as number) + row - (rows[low] as number);
  return { job: jobs[jobOf[low] as number] as string, record };
}

/** Finds the row of a record; undefined of one that no row has. */
export function rowFinder(runs: RecordRuns): (place: RecordPlace) => number | undefined {
  const { rows, jobOf, records } = runs;
  const numbers = new Map(runs.jobs.map((job, number) => [job, number]));
  const byRecord = Uint32Array.from(jobOf.keys()).sort(
    (a, b) =>
      (jobOf[a] as number) - (jobOf[b] as number) ||
      (records[a] as number) - (records[b] as number),
  );
  return ({ job, record }) => {
    const number = numbers.get(job);
    if (number === undefined) return undefined;
    let low = 0;
    let high = byRecord.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = byRecord[middle] as number;
      const isBefore =
        (jobOf[run] as number) < number ||
        (jobOf[run] === number && (records[run] as number) <= record);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    const run = byRecord[low - 1];
    if (run === undefined || jobOf[run] !== number) return undefined;
    const row = (rows[run] as number) + record - (records[run] as number);
    return row < (rows[run + 1] as number) ? row : undefined;
  };
}
