/**
 * Sealing in steps gives the bytes that sealing at once gives, whoever takes the steps, and leaves
 * nothing behind. The vectors are records of a real store, read through the platform's adapter.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildSegment, type SegmentPlan, sampleRows } from '../../src/index/build-segment';
import { createTermCollector } from '../../src/index/collect-terms';
import type { DocumentEntry } from '../../src/index/document-table';
import { recordKey } from '../../src/index/keys';
import { deletePrefix, writeValues } from '../../src/index/read-values';
import { encodeRecord, NO_VECTOR } from '../../src/index/record';
import { type RowContents, type RowSource, recordSource } from '../../src/index/row-source';
import { dropSeal, finishSeal, loadSealState, sealStep } from '../../src/index/seal-chain';
import { sealSegment } from '../../src/index/seal-segment';
import { itemBytes } from '../../src/index/stored-item';
import { emptyRows, pickRows, rowOf, toRows } from '../../src/index/vector-rows';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';
import { quantizeInt8 } from '../../src/quantization/int8';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, keysLike, openIndexSite, WORK_KEY } from '../support/index-site';
import { clusteredVectors } from '../support/random-vectors';
import { chunkRef } from '../support/stored-values';

const DIMENSIONS = 64;
const LIBRARY = '0123456789abcdef';
const SEGMENT = 'fedcba9876543210';
const JOBS = ['00112233445566aa', '00112233445566bb', '00112233445566cc'];
/** Enough for a sample that is not all, and three blocks of rows beside it. */
const ROWS = 17_000;
const CHUNKS_PER_DOCUMENT = 9;

const all = toRows(
  clusteredVectors(ROWS, DIMENSIONS, { seed: 91, clusters: 120, spread: 0.9 }).map(quantizeInt8),
  DIMENSIONS,
);
const rowKey = (row: number) =>
  recordKey(LIBRARY, JOBS[row % JOBS.length] as string, Math.floor(row / JOBS.length));

function planOf(rows: number): SegmentPlan {
  const documents: DocumentEntry[] = [];
  for (let first = 0; first < rows; first += CHUNKS_PER_DOCUMENT) {
    const end = Math.min(rows, first + CHUNKS_PER_DOCUMENT);
    const chunks = Array.from({ length: end - first }, (_, i) => {
      const [job = '', number = ''] = rowKey(first + i)
        .split(':')
        .slice(-2);
      return chunkRef({ start: i * 900, end: (i + 1) * 900, job, record: Number(number) });
    });
    documents.push({ name: `${first}.md`, hash: 'ab'.repeat(32), chunks });
  }
  const ids = { libraryId: LIBRARY, segmentId: SEGMENT };
  return { ...ids, dimensions: DIMENSIONS, documents, inlineCharactersMax: 24_000 };
}

/** What a record holds beside its vector: words that most rows have, that some have, and its own. */
const textOf = (row: number) => ({
  document: 'd.md',
  headings: row % 5 === 0 ? [] : [`Guide to area ${row % 31}`],
  lead: row % 7 === 0 ? 'approval ' : '',
  text: `Releases need approval ${row % 3}. ${'rollback '.repeat(row % 6)}area ${row % 211} row${row}`,
  trail: '',
});

/** The same as a source reads it, of the first rows of a plan. */
function firstRows(rows: number): RowContents {
  const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
  const collector = createTermCollector(planOf(rows).documents);
  for (const row of numbers) collector.add(row, textOf(row));
  return { vectors: pickRows(all, numbers), terms: collector.finish() };
}

let site: IndexSite;
beforeAll(async () => {
  site = await openIndexSite();
  const items = Array.from({ length: ROWS }, (_, row) => {
    const key = rowKey(row);
    const value = encodeRecord(key, {
      ...textOf(row),
      vector: rowOf(all, row),
    });
    return { key, value, bytes: itemBytes(key, value) };
  });
  await site.run(({ kv }) => writeValues(kv, items));
});
afterAll(() => site.close());
beforeEach(() => site.run(({ kv }) => deletePrefix(kv, `l:${LIBRARY}:w:`)));

/** Keys of records that were read, in order. */
let read: string[] = [];
function counted(kv: KeyValueStore): KeyValueStore {
  return {
    ...kv,
    batchGet: (keys) => {
      read.push(...keys.filter((key) => key.includes(':r:')));
      return kv.batchGet(keys);
    },
  };
}

function sourceOf(kv: KeyValueStore, { documents, dimensions }: SegmentPlan): RowSource {
  return recordSource(counted(kv), { libraryId: LIBRARY, dimensions, documents });
}

/** One step, by somebody who knows the plan and the store and nothing else. */
const freshStep = (plan: SegmentPlan) =>
  site.run(async ({ kv }) => {
    const state = await loadSealState(kv, plan);
    return sealStep(kv, plan, sourceOf(kv, plan), state);
  });
const finish = (plan: SegmentPlan) =>
  site.run(async ({ kv }) => finishSeal(kv, plan, await loadSealState(kv, plan)));

describe('a seal in steps', () => {
  it.each([1, 127, 128, 129, 1_000, 4_500, ROWS])(
    'of %i rows gives the bytes of one at once, each record read once',
    async (rows) => {
      const plan = planOf(rows);
      const expected = buildSegment(plan, firstRows(rows));
      read = [];
      let steps = 0;
      for (let isComplete = false; !isComplete; steps += 1)
        ({ isComplete } = await freshStep(plan));
      const sample = sampleRows(rows).length;
      expect(steps).toBe(1 + Math.ceil((rows - sample) / 4_000));
      const sealed = await finish(plan);
      expect(sealed.descriptor).toEqual(expected.descriptor);
      expect(JSON.stringify(sealed.items)).toBe(JSON.stringify(expected.items));
      expect(read.sort()).toEqual(Array.from({ length: rows }, (_, row) => rowKey(row)).sort());
      await site.run(async ({ kv }) => dropSeal(kv, plan, await loadSealState(kv, plan)));
      expect(await keysLike(site, WORK_KEY)).toEqual([]);
    },
  );

  it('takes a step again that was interrupted before it left its state', async () => {
    const plan = planOf(ROWS);
    const expected = buildSegment(plan, firstRows(ROWS));
    for (let isComplete = false; !isComplete; ) {
      // The values of the step are written, and then the function ends.
      await site.run(async ({ kv }) => {
        const state = await loadSealState(kv, plan);
        const batchSet: typeof kv.batchSet = async (items) => {
          if (items.some(({ key }) => key.endsWith(':state'))) throw new Error('ended');
          await kv.batchSet(items);
        };
        const source = sourceOf(kv, plan);
        await expect(sealStep({ ...kv, batchSet }, plan, source, state)).rejects.toThrow('ended');
      });
      ({ isComplete } = await freshStep(plan));
    }
    const { items, descriptor } = await finish(plan);
    expect(JSON.stringify({ items, descriptor })).toBe(JSON.stringify(expected));
  });

  it('is begun anew where there is no state', async () => {
    expect(await site.run(({ kv }) => loadSealState(kv, planOf(10)))).toMatchObject({
      coded: 0,
      isComplete: false,
    });
  });

  const DAMAGES: [what: string, change: (value: Envelope) => JsonValue, code: string][] = [
    ['cut', ({ body, ...rest }) => ({ ...rest, body: body.slice(0, -4) }), 'value_corrupt'],
    ['of another kind', (value) => ({ ...value, kind: 'list' }), 'value_corrupt'],
    ['no envelope', () => 'damaged', 'value_corrupt'],
    ['newer', (value) => ({ ...value, format: 7 }), 'format_newer'],
  ];
  interface Envelope {
    [field: string]: JsonValue;
    body: string;
  }

  it.each(
    ['state', 'centroids', 'probes', 'codes', 'terms'].flatMap((name) =>
      DAMAGES.map(([what, change, code]) => ({ name, what, change, code })),
    ),
  )('reports $name that is $what by $code', async ({ name, change, code }) => {
    const plan = planOf(1_000);
    await freshStep(plan);
    const keys = (await keysLike(site, WORK_KEY)).filter((key) => key.includes(`:${name}`));
    const key = keys.at(-1) ?? '';
    await site.replaceValue(key, change((await site.valueAt(key)) as Envelope));
    expect(await codeRejectedBy(finish(plan))).toBe(code);
  });

  it('reports values that are missing, or in each other’s place', async () => {
    const plan = planOf(9_000);
    for (let isComplete = false; !isComplete; ) ({ isComplete } = await freshStep(plan));
    const codes = (await keysLike(site, WORK_KEY)).filter((key) => key.includes(':codes:'));
    expect(codes.length).toBeGreaterThan(1);
    const [a = '', b = ''] = codes;
    const [first, second] = [await site.valueAt(a), await site.valueAt(b)];
    await site.replaceValue(a, second);
    expect(await codeRejectedBy(finish(plan))).toBe('value_corrupt');
    await site.removeValue(a);
    expect(await codeRejectedBy(finish(plan))).toBe('value_missing');
    await site.replaceValue(a, first);
    const { descriptor } = await finish(plan);
    expect(descriptor.chunks).toBe(9_000);
  });
});

describe('a seal in steps of rows without vectors', () => {
  const PLAIN = 'aaaaaaaaaaaaaaaa';
  const PLAIN_ROWS = 9_000;
  const plan = { ...planOf(PLAIN_ROWS), libraryId: PLAIN, dimensions: 0 };
  beforeAll(async () => {
    const items = plan.documents
      .flatMap(({ chunks }) => chunks)
      .map(({ job, record }, row) => {
        const key = recordKey(PLAIN, job, record);
        const value = encodeRecord(key, { ...textOf(row), vector: NO_VECTOR });
        return { key, value, bytes: itemBytes(key, value) };
      });
    await site.run(({ kv }) => writeValues(kv, items));
  });

  it('gives the bytes of one at once, each record read once, and leaves nothing', async () => {
    const { terms } = firstRows(PLAIN_ROWS);
    const expected = buildSegment(plan, { vectors: emptyRows(PLAIN_ROWS, 0), terms });
    read = [];
    const sealed = await site.run(async ({ kv }) => {
      const { documents, dimensions } = plan;
      const source = recordSource(counted(kv), { libraryId: PLAIN, dimensions, documents });
      let steps = 0;
      const betweenSteps = () => {
        steps += 1;
      };
      const { drop, ...rest } = await sealSegment(kv, plan, source, {
        ...{ componentsAtOnceMax: 1_000_000, betweenSteps },
      });
      expect(steps).toBe(Math.ceil(PLAIN_ROWS / 4_000) + 1);
      expect((await keysLike(site, WORK_KEY)).every((key) => /:(terms:\d+|state)$/.test(key))).toBe(
        true,
      );
      await drop();
      return rest;
    });
    expect(sealed.descriptor).toEqual(expected.descriptor);
    expect(JSON.stringify(sealed.items)).toBe(JSON.stringify(expected.items));
    expect(new Set(read).size).toBe(PLAIN_ROWS);
    expect(read).toHaveLength(PLAIN_ROWS);
    expect(await keysLike(site, WORK_KEY)).toEqual([]);
  });
});

describe('sealing what does not fit memory', () => {
  const plan = planOf(ROWS);
  const options = { componentsAtOnceMax: 10_000 };
  const atOnce = () => JSON.stringify(buildSegment(plan, firstRows(ROWS)));
  const seal = (betweenSteps?: () => void) =>
    site.run(async ({ kv }) => {
      const between = betweenSteps === undefined ? {} : { betweenSteps };
      const source = sourceOf(kv, plan);
      const { drop, ...sealed } = await sealSegment(kv, plan, source, { ...options, ...between });
      // Until it is told to drop them, as its caller has not written anything yet.
      expect(await keysLike(site, WORK_KEY)).not.toEqual([]);
      await drop();
      expect(await keysLike(site, WORK_KEY)).toEqual([]);
      return JSON.stringify(sealed);
    });

  it('takes the steps by itself, gives the same bytes and leaves nothing', async () => {
    read = [];
    expect(await seal()).toBe(atOnce());
    expect(new Set(read).size).toBe(ROWS);
    expect(read).toHaveLength(ROWS);
  });

  it('goes on where a call was ended between two steps, and reads no record again', async () => {
    read = [];
    let ended = 0;
    /** A call that takes one step. */
    const once = () => {
      let steps = 0;
      return seal(() => {
        steps += 1;
        if (steps > 1) throw new Error('ended');
      });
    };
    const isComplete = async () => (await site.run(({ kv }) => loadSealState(kv, plan))).isComplete;
    for (; !(await isComplete()); ended += 1) await expect(once()).rejects.toThrow('ended');
    expect(ended).toBe(1 + Math.ceil((ROWS - sampleRows(ROWS).length) / 4_000));
    expect(await seal()).toBe(atOnce());
    expect(read).toHaveLength(ROWS);
  });

  it('goes on after its last whole step once a record that could not be read is there', async () => {
    // The last row that is not in the sample: steps before it have left values.
    const sample = new Set(sampleRows(ROWS));
    const rows = Array.from({ length: ROWS }, (_, row) => row);
    const key = rowKey(rows.filter((row) => !sample.has(row)).at(-1) ?? 0);
    const value = await site.valueAt(key);
    await site.removeValue(key);
    expect(await codeRejectedBy(seal())).toBe('value_missing');
    await site.replaceValue(key, 'damaged');
    expect(await codeRejectedBy(seal())).toBe('value_corrupt');
    await site.replaceValue(key, value);
    read = [];
    expect(await seal()).toBe(atOnce());
    expect(read).toHaveLength((ROWS - sample.size) % 4_000);
    expect(read).toContain(key);
  });
});
