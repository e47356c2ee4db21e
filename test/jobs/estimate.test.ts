/** An estimate is held against what indexing really does, and its sums against the price table. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MeterReading } from '../../emulator/meter';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { createLexicalProvider } from '../../src/embedding/lexical';
import {
  embeddedText,
  type GivenDocument,
  prepareDocument,
} from '../../src/index/prepare-document';
import { estimateJob, type JobSize, storedTraffic } from '../../src/jobs/estimate';
import { parseJobState } from '../../src/jobs/job';
import { JOB_ENTITY } from '../../src/jobs/job-keys';
import { FORGE_USD, PRICE_DATE, usdPerMillionTokens } from '../../src/jobs/prices';
import {
  type IndexOptions,
  type IndexSite,
  keysLike,
  openIndexSite,
  RECORD_KEY,
  wordProvider,
} from '../support/index-site';
import { sourcesBelow } from '../support/project-files';

let site: IndexSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const examples = sourcesBelow(['examples/instructions'], /\.(md|txt|html)$/);

/** The sample handbook so many times, each copy under names of its own. */
const handbooks = (copies: number): GivenDocument[] =>
  Array.from({ length: copies }, (_, copy) => copy).flatMap((copy) =>
    examples.map(({ path, source }) => ({
      name: path.replace('examples/instructions/', copy === 0 ? '' : `copy-${copy}/`),
      bytes: Buffer.from(source),
    })),
  );

const LIBRARY = 'rules';

const size: JobSize = {
  documents: 100,
  chunks: 1_000,
  chunksToEmbed: 800,
  textBytesToEmbed: 800_000,
  tokens: 200_000,
  dimensions: 1_536,
  chunksSealed: 1_000,
  provider: wordProvider(),
  lanes: 1,
  readUnitsPerMinute: 2_000,
  writeUnitsPerMinute: 2_000,
  memoryMb: 1_024,
};

function sizeOf(documents: readonly GivenDocument[], dimensions: number): JobSize {
  const prepared = documents.map(prepareDocument);
  const records = prepared.flatMap(({ name, text, chunks }) =>
    chunks.map((chunk) => ({
      ...chunk,
      document: name,
      text: text.slice(chunk.start, chunk.end),
    })),
  );
  const tokensOf = (record: (typeof records)[number]) =>
    estimateTokens(embeddedText(LIBRARY, record));
  return {
    ...size,
    documents: documents.length,
    chunks: records.length,
    chunksToEmbed: records.length,
    textBytesToEmbed: records.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    tokens: records.reduce((sum, record) => sum + tokensOf(record), 0),
    dimensions,
    chunksSealed: records.length,
  };
}

/** Indexes, and answers what that used of the quotas once its plan was complete. */
async function usedOncePlanned(
  { local, index, run }: IndexSite,
  request: IndexOptions,
): Promise<{ readUnits: number; writeUnits: number }> {
  const { meter } = local;
  let planned: MeterReading | undefined;
  await run(async ({ entities }) => {
    const transact: typeof entities.transact = async (sets) => {
      const isWritten = await entities.transact(sets);
      const job = sets.find(({ entity }) => entity === JOB_ENTITY);
      const phase = parseJobState(job?.value['body'])?.phase;
      if (phase === 'embed') planned ??= meter.snapshot().total;
      return isWritten;
    };
    await index({}, { ...request, overrides: { entities: { ...entities, transact } } });
  });
  const { total } = meter.snapshot();
  return {
    readUnits: total.readUnits - (planned?.readUnits ?? Number.NaN),
    writeUnits: total.writeUnits - (planned?.writeUnits ?? Number.NaN),
  };
}

const within = (share: number, found: number, measured: number) => {
  expect(found / measured).toBeGreaterThan(1 - share);
  expect(found / measured).toBeLessThan(1 + share);
};

describe('the units of an estimate', () => {
  it.each<[string, number, GivenDocument[], { textsPerCallMax: number }?]>([
    ['six documents', 128, handbooks(1).slice(0, 6)],
    ['six documents', 1_536, handbooks(1).slice(0, 6)],
    ['the handbook', 128, handbooks(1)],
    ['the handbook', 512, handbooks(1)],
    ['the handbook', 1_536, handbooks(1)],
    ['three handbooks', 512, handbooks(3)],
    // A provider that takes few texts at a time, as the built-in one does.
    ['the handbook, eight at a time', 512, handbooks(1), { textsPerCallMax: 8 }],
  ])('are those of indexing %s at %i dimensions', async (_, dimensions, documents, limits) => {
    site = await openIndexSite();
    const provider = wordProvider({ dimensions, ...limits });
    const used = await usedOncePlanned(site, { documents, provider });
    const given = { ...sizeOf(documents, dimensions), provider };
    expect(await keysLike(site, RECORD_KEY)).toHaveLength(given.chunks);
    const estimate = estimateJob(given);
    within(0.1, estimate.writeUnits, used.writeUnits);
    within(0.1, estimate.readUnits, used.readUnits);
  });

  it.each([
    ['six documents', handbooks(1).slice(0, 6)],
    ['the handbook', handbooks(1)],
  ])('are those of indexing %s for its words alone', async (_, documents) => {
    site = await openIndexSite();
    const provider = createLexicalProvider();
    const used = await usedOncePlanned(site, { documents, provider });
    const estimate = estimateJob({ ...sizeOf(documents, 0), provider, tokens: 0 });
    within(0.15, estimate.writeUnits, used.writeUnits);
    within(0.15, estimate.readUnits, used.readUnits);
    expect(estimate).toMatchObject({ tokens: 0, costUsd: 0 });
  });

  it('are those of a job with nothing to embed and nothing to seal', async () => {
    site = await openIndexSite();
    await site.index({}, { documents: handbooks(1) });
    const used = await usedOncePlanned(site, { documents: [], projects: ['RET'] });
    const estimate = estimateJob({ ...sizeOf([], 128), documents: 0 });
    within(0.15, estimate.writeUnits, used.writeUnits);
    within(0.15, estimate.readUnits, used.readUnits);
  });

  // writeUnits of bench/results/2026-11-22-vectors-hier-*.json: texts of 1,500 characters.
  it.each([
    [1_000, 1_536, 445],
    [10_000, 256, 2_513],
    [10_000, 768, 3_017],
    [10_000, 1_536, 4_363],
    [10_000, 3_072, 6_657],
    [100_000, 1_536, 43_160],
  ])(
    'for what is stored are those that the bench measured of %i vectors of %i dimensions',
    (n, dimensions, units) => {
      const numbers = {
        documents: n / 10,
        chunks: n,
        chunksToEmbed: n,
        chunksSealed: n,
        dimensions,
      };
      const { records, segment } = storedTraffic({
        ...size,
        ...numbers,
        textBytesToEmbed: 1_500 * n,
      });
      within(0.15, records.units + segment.units, units);
    },
  );
});

describe('the money of an estimate', () => {
  const models = ['text-embedding-3-small', 'text-embedding-3-large'] as const;

  it.each(models)('is tokens times the price of %s', (model) => {
    const price = usdPerMillionTokens('openai', model) ?? Number.NaN;
    const tokens = 3_000_000;
    const estimate = estimateJob({ ...size, tokens, provider: { ...size.provider, model } });
    expect(estimate.costUsd).toBeCloseTo(3 * price);
    expect(estimate.priceDate).toBe(PRICE_DATE);
  });

  it('is nothing for the built-in model', () => {
    const provider = { ...size.provider, provider: 'builtin', model: 'any' };
    expect(estimateJob({ ...size, provider }).costUsd).toBe(0);
  });

  it.each([
    ['openai', 'text-embedding-9'],
    ['openai', 'constructor'],
    ['gemini', 'text-embedding-3-small'],
  ])('of %s %s, which the table does not have, is not known', (provider, model) => {
    const priced = { ...size.provider, provider, model };
    expect(estimateJob({ ...size, provider: priced }).costUsd).toBeNull();
  });

  it('to Forge is for bytes and for time', () => {
    const { forgeCostUsd, minutes } = estimateJob(size);
    const seconds = minutes * 60;
    expect(forgeCostUsd).toBeGreaterThan(seconds * FORGE_USD.perGigabyteSecond);
    // 1,000 records of some 3.5 KB, at the price of a gigabyte written.
    expect(forgeCostUsd).toBeLessThan(seconds * FORGE_USD.perGigabyteSecond + 0.006);
    const doubled = estimateJob({ ...size, memoryMb: 2_048 }).forgeCostUsd;
    expect(doubled - forgeCostUsd).toBeCloseTo(seconds * FORGE_USD.perGigabyteSecond);
  });
});

describe('the minutes of an estimate', () => {
  const minutes = (change: Partial<JobSize>) => estimateJob({ ...size, ...change }).minutes;

  it.each(['readUnits', 'writeUnits'] as const)(
    'follow the quota of %s where it is low',
    (units) => {
      const wanted = estimateJob(size)[units];
      within(0.1, minutes({ [`${units}PerMinute`]: 20 }), wanted / 20);
    },
  );

  it('follow the provider where it is', () => {
    const provider = { ...size.provider, provider: 'builtin' };
    const tokens = 2_000_000;
    within(0.15, minutes({ provider, tokens }), tokens / 2_200 / 60);
    within(0.15, minutes({ provider, tokens, lanes: 4 }), tokens / 2_200 / 60 / 4);
    const calls = { ...size.provider, textsPerCallMax: 1, parallelCallsMax: 4 };
    within(0.15, minutes({ provider: calls, chunksToEmbed: 6_000 }), (6_000 / 4) * (2 / 60));
  });

  it('are hardly any for a job with nothing to embed and nothing to seal', () => {
    const nothing = { chunksToEmbed: 0, textBytesToEmbed: 0, tokens: 0, chunksSealed: 0 };
    const estimate = estimateJob({ ...size, ...nothing, documents: 0, chunks: 0 });
    expect(estimate.costUsd).toBe(0);
    expect(estimate.readUnits).toBeLessThan(30);
    expect(estimate.writeUnits).toBeLessThan(20);
    expect(estimate.minutes).toBeLessThan(0.1);
  });

  it('count reads for a job that only merges', () => {
    const merging = { chunksToEmbed: 0, textBytesToEmbed: 0, tokens: 0 };
    const estimate = estimateJob({ ...size, ...merging });
    expect(estimate.readUnits).toBeGreaterThan(300);
    // Lists and words of a thousand chunks, and the job's own account.
    expect(estimate.writeUnits).toBeLessThan(90);
  });
});
