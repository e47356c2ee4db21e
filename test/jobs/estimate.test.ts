/** An estimate is held against what indexing really does, and its sums against the price table. */
import { afterEach, describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import {
  embeddedText,
  type GivenDocument,
  prepareDocument,
} from '../../src/index/prepare-document';
import { readValues } from '../../src/index/read-values';
import { RECORD_BYTES_PLANNED } from '../../src/index/record';
import { estimateJob, type JobSize } from '../../src/jobs/estimate';
import { FORGE_USD, PRICE_DATE, usdPerMillionTokens } from '../../src/jobs/prices';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import {
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
  const texts = prepared.flatMap((document) =>
    document.chunks.map((chunk) => embeddedText(document, chunk)),
  );
  return {
    ...size,
    documents: documents.length,
    chunks: texts.length,
    chunksToEmbed: texts.length,
    textBytesToEmbed: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    tokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0),
    dimensions,
    chunksSealed: texts.length,
  };
}

const within = (share: number, found: number, measured: number) => {
  expect(found / measured).toBeGreaterThan(1 - share);
  expect(found / measured).toBeLessThan(1 + share);
};

describe('the units of an estimate', () => {
  it.each([
    ['six documents', 128, handbooks(1).slice(0, 6)],
    ['six documents', 1_536, handbooks(1).slice(0, 6)],
    ['the handbook', 128, handbooks(1)],
    ['the handbook', 512, handbooks(1)],
    ['the handbook', 1_536, handbooks(1)],
    ['three handbooks', 512, handbooks(3)],
  ])('are those of indexing %s at %i dimensions', async (_, dimensions, documents) => {
    site = await openIndexSite();
    const { local, index } = site;
    const provider = wordProvider({ dimensions });
    const { reading } = await local.measure('index', () => index({}, { documents, provider }));
    const given = sizeOf(documents, dimensions);
    const estimate = estimateJob(given);
    within(0.25, estimate.writeUnits, reading.writeUnits);

    // A seal in steps reads every record once; staged documents are read twice, as base64.
    const records = await keysLike(site, RECORD_KEY);
    expect(records).toHaveLength(given.chunks);
    const sizes = records.map((key) => ({ key, bytes: RECORD_BYTES_PLANNED }));
    const sealed = await site.measure(({ kv }) => readValues(kv, sizes));
    const stagedUnits = Math.ceil((2 * (4 / 3) * given.textBytesToEmbed) / KVS_UNIT_BYTES);
    within(0.25, estimate.readUnits, sealed.reading.readUnits + stagedUnits);
  });

  // writeUnits of bench/results/2026-11-22-vectors-hier-*.json: texts of 1,500 characters.
  it.each([
    [1_000, 1_536, 445],
    [10_000, 256, 2_513],
    [10_000, 768, 3_017],
    [10_000, 1_536, 4_363],
    [10_000, 3_072, 6_657],
    [100_000, 1_536, 43_160],
  ])('are those that the bench measured of %i vectors of %i dimensions', (n, dimensions, units) => {
    const numbers = { documents: n / 10, chunks: n, chunksToEmbed: n, chunksSealed: n, dimensions };
    const estimate = estimateJob({ ...size, ...numbers, textBytesToEmbed: 1_500 * n });
    within(0.25, estimate.writeUnits, units);
  });
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

  it('follow the quotas where these are what takes longest', () => {
    const slow = minutes({ readUnitsPerMinute: 20, writeUnitsPerMinute: 20 });
    const { readUnits, writeUnits } = estimateJob(size);
    within(0.1, slow, (readUnits + writeUnits) / 20);
  });

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
    const estimate = estimateJob({ ...size, ...nothing });
    expect(estimate).toMatchObject({ costUsd: 0, readUnits: 0 });
    expect(estimate.writeUnits).toBeLessThan(10);
    expect(estimate.minutes).toBeLessThan(0.1);
  });

  it('count reads for a job that only merges', () => {
    const merging = { chunksToEmbed: 0, textBytesToEmbed: 0, tokens: 0 };
    const estimate = estimateJob({ ...size, ...merging });
    expect(estimate.readUnits).toBeGreaterThan(300);
    expect(estimate.writeUnits).toBeLessThan(60);
  });
});
