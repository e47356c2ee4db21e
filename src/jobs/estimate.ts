/**
 * What a planned job will take from there on, before anything of it is paid: money to the provider,
 * units of the storage quotas, minutes, money to Forge. What staging and planning have used is
 * spent, and stands in the job itself. The sizes are those of the stored formats (docs/format.md),
 * with the mean in the place of each; a test holds the units against what jobs really use.
 *
 * Left out, each below a tenth: looking after lanes that run for long, working values of a seal in
 * steps, and the sweep of what the job replaces (a unit for 25 chunks).
 */

import type { EmbeddingProvider } from '../embedding/provider';
import { INLINE_CHARACTERS_MAX } from '../index/assemble-lists';
import { listsFor } from '../index/build-segment';
import { sealedBytes } from '../index/envelope';
import { ROWS_PER_PLACES } from '../index/places';
import { postingListBytes, postingListRowsMax } from '../index/posting-list';
import { DEFAULT_SEAL_KNOBS } from '../index/seal-knobs';
import { BUCKETS_MAX, OWN_TERMS_MAX } from '../index/segment';
import { KVS_BATCH_BYTES_SAFE, KVS_BATCH_KEYS_MAX, KVS_UNIT_BYTES } from '../platform/limits';
import { calibrationReads } from './estimate-calibration';
import { FORGE_USD, PRICE_DATE, usdPerMillionTokens } from './prices';

export interface JobSize {
  /** Documents that the job was given, and chunks in them. */
  documents: number;
  chunks: number;
  /** Of these chunks, those that have no vector yet. */
  chunksToEmbed: number;
  /** UTF-8 bytes of the texts to embed. */
  textBytesToEmbed: number;
  /** Token estimates of the same texts. */
  tokens: number;
  dimensions: number;
  /** Chunks of the segment that the job seals: those embedded and those that it merges. */
  chunksSealed: number;
  provider: Pick<
    EmbeddingProvider,
    'provider' | 'model' | 'textsPerCallMax' | 'tokensPerCallMax' | 'parallelCallsMax'
  >;
  /** Functions that embed side by side. */
  lanes: number;
  /** The share of the quotas that the job keeps to. */
  readUnitsPerMinute: number;
  writeUnitsPerMinute: number;
  /** Memory of the function, as the app manifest declares it. */
  memoryMb: number;
}

export interface JobEstimate {
  documents: number;
  chunks: number;
  chunksToEmbed: number;
  tokens: number;
  /** To the provider; null when its price is not known. */
  costUsd: number | null;
  priceDate: string;
  writeUnits: number;
  readUnits: number;
  minutes: number;
  /** To Forge, beyond its allowance. */
  forgeCostUsd: number;
}

interface Traffic {
  bytes: number;
  units: number;
}

interface OwnUnits {
  readUnits: number;
  writeUnits: number;
}

/** JSON bytes of a record besides text and vector: key, envelope, document, scale, escapes. */
const RECORD_BYTES_BESIDES = 290;
/** Text in a record is escaped twice: what line breaks and quotes add to a byte of it. */
const ESCAPED_BYTES_PER_TEXT_BYTE = 1.04;
/** Of a chunk where nothing is embedded: 590 in the sample handbook, 640 in the judged corpus. */
const TEXT_BYTES_USUAL = 620;
/** Key and its quotes, of any value of a segment. */
const KEY_BYTES = 48;
/** The document table: numbers of a chunk, and name and hash of a document. */
const TABLE_BYTES_PER_CHUNK = 20;
const TABLE_BYTES_PER_DOCUMENT = 120;
/**
 * The words of a segment: bytes of a chunk fall as terms come again, and values grow as terms do;
 * fitted to the handbook of examples and to made-up words of up to 100,000 chunks.
 */
const WORDS = {
  chunksInOneValue: 60,
  bytesPerChunk: (chunks: number) => 420 * chunks ** -0.13,
  values: (chunks: number) =>
    Math.min(BUCKETS_MAX + OWN_TERMS_MAX, 4.2 * chunks ** 0.62) + chunks / ROWS_PER_PLACES,
} as const;
/** A row of the centroid table besides its code. */
const CENTROID_BYTES_BESIDES_CODE = 8;
/** Creating catalogue and manifest, and the transaction over both without a table in them. */
const PUBLISH_UNITS = 3;
const PUBLISH_BYTES = 6_000;
/** In a batch, a text that awaits its vector has name and headings of its record beside it. */
const AWAITING_BYTES_BESIDES = 130;
/** Each batch has a claim and a result, and the lane looks at the job before it and after it. */
const BATCH_WRITE_UNITS = 2;
const BATCH_READ_UNITS = 3;
/** A chunk in a page of the plan, which is read to seal and to clean up. */
const PAGE_BYTES_PER_CHUNK = 60;
const PAGE_READS = 2;
/** The job's own state at every turn, and its lease; more turns where it looks after lanes. */
const JOB_WRITE_UNITS = 8;
const JOB_READ_UNITS = 18;
const LANES_WRITE_UNITS = 4;
const LANES_READ_UNITS = 8;
/** What the job deletes of its own in the end. */
const OWN_VALUES_PER_UNIT = 25;

/**
 * How fast a provider is. Of `openai` assumed on the slow side (recorded calls of few texts took
 * 0.3 s); of `builtin` measured, bench/results/2026-11-22-builtin-speed.json.
 */
const SPEEDS: Readonly<Record<string, { secondsPerCall: number; tokensPerSecond: number }>> = {
  builtin: { secondsPerCall: 0, tokensPerSecond: 2_200 },
  lexical: { secondsPerCall: 0, tokensPerSecond: Number.POSITIVE_INFINITY },
};
const SPEED_DEFAULT = { secondsPerCall: 2, tokensPerSecond: Number.POSITIVE_INFINITY };
/** Clustering and coding at 1,536 dimensions, bench/results/2026-11-22-vectors-hier-*.json. */
const SEALED_CHUNKS_PER_SECOND = 4_000;

export function estimateJob(size: JobSize): JobEstimate {
  const { records, segment, words } = storedTraffic(size);
  const embedding = embeddingTraffic(size);
  const sealed = recordTraffic(size, size.chunksSealed);
  const calibrated = calibrationReads({
    ...size,
    recordBytes: recordBytes(size),
    segmentBytes: segment.bytes + words.bytes,
  });
  const own = ownTraffic(size);
  const embedWrites = records.units + embedding.writeUnits;
  const otherWrites = segment.units + words.units + own.writeUnits;
  const otherReads = sealed.units + calibrated.units + own.readUnits;
  const write = (units: number) => units / size.writeUnitsPerMinute;
  const read = (units: number) => units / size.readUnitsPerMinute;
  const storeMinutes = Math.max(write(embedWrites), read(embedding.readUnits));
  const embedMinutes = Math.max(embedSeconds(size) / 60, storeMinutes);
  const computeMinutes = size.chunksSealed / SEALED_CHUNKS_PER_SECOND / 60;
  const otherMinutes = read(otherReads) + computeMinutes + write(otherWrites);
  const laneMinutes = embedMinutes * size.lanes + otherMinutes;
  const price = usdPerMillionTokens(size.provider.provider, size.provider.model);
  return {
    documents: size.documents,
    chunks: size.chunks,
    chunksToEmbed: size.chunksToEmbed,
    tokens: size.tokens,
    costUsd: price === undefined ? null : (size.tokens / 1e6) * price,
    priceDate: PRICE_DATE,
    writeUnits: embedWrites + otherWrites,
    readUnits: embedding.readUnits + otherReads,
    minutes: embedMinutes + otherMinutes,
    forgeCostUsd:
      ((embedding.bytesRead + sealed.bytes + calibrated.bytes) / 1e9) * FORGE_USD.perGigabyteRead +
      ((records.bytes + segment.bytes + words.bytes) / 1e9) * FORGE_USD.perGigabyteWritten +
      laneMinutes * 60 * (size.memoryMb / 1_024) * FORGE_USD.perGigabyteSecond,
  };
}

/** Writing what a library then has: records, and what the seal and the publish write. */
export function storedTraffic(size: JobSize): Record<'records' | 'segment' | 'words', Traffic> {
  return {
    records: recordTraffic(size, size.chunksToEmbed, countBatches(size)),
    segment: segmentTraffic(size),
    words: wordTraffic(size),
  };
}

function embedSeconds(size: JobSize): number {
  const { chunksToEmbed, tokens, provider, lanes } = size;
  if (chunksToEmbed === 0) return 0;
  const { secondsPerCall, tokensPerSecond } = SPEEDS[provider.provider] ?? SPEED_DEFAULT;
  const calls = countBatches(size);
  const rounds = Math.ceil(calls / (lanes * provider.parallelCallsMax));
  return rounds * secondsPerCall + tokens / (lanes * tokensPerSecond);
}

/** Calls that all texts take, each of which is a batch. */
function countBatches({ chunksToEmbed, tokens, provider }: JobSize): number {
  if (chunksToEmbed === 0) return 0;
  const { textsPerCallMax, tokensPerCallMax } = provider;
  return Math.max(Math.ceil(chunksToEmbed / textsPerCallMax), Math.ceil(tokens / tokensPerCallMax));
}

/** So many records, written or read in batches. */
function recordTraffic(size: JobSize, count: number, batchesMin = 0): Traffic {
  return inBatches(count, count * recordBytes(size), batchesMin);
}

/** Bytes of a record in the mean. */
function recordBytes({ chunksToEmbed, textBytesToEmbed, dimensions }: JobSize): number {
  const textBytes = chunksToEmbed === 0 ? TEXT_BYTES_USUAL : textBytesToEmbed / chunksToEmbed;
  const vectorBytes = base64Bytes(dimensions);
  return RECORD_BYTES_BESIDES + textBytes * ESCAPED_BYTES_PER_TEXT_BYTE + vectorBytes;
}

/** What the seal writes, and the publish. */
function segmentTraffic({ chunksSealed, documents, dimensions }: JobSize): Traffic {
  if (chunksSealed === 0) return { bytes: PUBLISH_BYTES, units: PUBLISH_UNITS };
  const rowsMax = Math.max(1, postingListRowsMax(dimensions, 1));
  const lists =
    dimensions === 0 ? 0 : Math.max(listsFor(chunksSealed), Math.ceil(chunksSealed / rowsMax));
  const listBytes =
    KEY_BYTES +
    sealedBytes('list', postingListBytes(dimensions, chunksSealed / Math.max(1, lists), 1));
  const documentBytes = documents * TABLE_BYTES_PER_DOCUMENT + chunksSealed * TABLE_BYTES_PER_CHUNK;
  const tableBytes = lists <= 1 ? 0 : centroidTableBytes(lists, dimensions);
  // A small table stands in the catalogue and in the manifest, which are one transaction.
  const isInline = tableBytes <= INLINE_CHARACTERS_MAX;
  const values = inBatches(
    lists + 1,
    lists * listBytes + documentBytes + (isInline ? 0 : tableBytes),
  );
  const inlineBytes = isInline ? 2 * tableBytes : 0;
  return {
    bytes: values.bytes + PUBLISH_BYTES + inlineBytes,
    units: values.units + PUBLISH_UNITS + Math.floor(inlineBytes / KVS_UNIT_BYTES),
  };
}

/** Head, postings and places. */
function wordTraffic({ chunksSealed }: JobSize): Traffic {
  if (chunksSealed === 0) return { bytes: 0, units: 0 };
  const bytes = chunksSealed * WORDS.bytesPerChunk(chunksSealed);
  const isSmall = chunksSealed <= WORDS.chunksInOneValue;
  return inBatches(isSmall ? 0 : Math.round(WORDS.values(chunksSealed)), bytes);
}

function centroidTableBytes(lists: number, dimensions: number): number {
  const codeBytes = Math.ceil(Math.min(dimensions, DEFAULT_SEAL_KNOBS.tableBitsMax) / 8);
  return base64Bytes(lists * (codeBytes + CENTROID_BYTES_BESIDES_CODE));
}

/** What lanes use besides writing records. */
function embeddingTraffic(size: JobSize): OwnUnits & { bytesRead: number } {
  const { chunksToEmbed, textBytesToEmbed } = size;
  if (chunksToEmbed === 0) return { bytesRead: 0, readUnits: 0, writeUnits: 0 };
  const batches = countBatches(size);
  const bytesRead =
    chunksToEmbed * AWAITING_BYTES_BESIDES + textBytesToEmbed * ESCAPED_BYTES_PER_TEXT_BYTE;
  const textUnits = Math.ceil(bytesRead / KVS_UNIT_BYTES);
  return {
    bytesRead,
    // The texts of each are rounded up to whole units, half a unit in the mean.
    readUnits: Math.round(textUnits + batches * (BATCH_READ_UNITS + 0.5)) + LANES_READ_UNITS,
    writeUnits: batches * BATCH_WRITE_UNITS + LANES_WRITE_UNITS,
  };
}

/** What the job needs to keep account: its state, its pages, and deleting them. */
function ownTraffic(size: JobSize): OwnUnits {
  const { documents, chunks } = size;
  const pageBytes = documents * TABLE_BYTES_PER_DOCUMENT + chunks * PAGE_BYTES_PER_CHUNK;
  const ownValues = documents + 3 * countBatches(size);
  return {
    readUnits: Math.ceil((PAGE_READS * pageBytes) / KVS_UNIT_BYTES) + JOB_READ_UNITS,
    writeUnits: Math.ceil(ownValues / OWN_VALUES_PER_UNIT) + JOB_WRITE_UNITS,
  };
}

/** Each batch is rounded up to whole units, which adds half a unit on the average. */
function inBatches(count: number, bytes: number, batchesMin = 0): Traffic {
  const batches = Math.max(
    batchesMin,
    Math.ceil(count / KVS_BATCH_KEYS_MAX),
    Math.ceil(bytes / KVS_BATCH_BYTES_SAFE),
  );
  const units = Math.max(batches, Math.round(bytes / KVS_UNIT_BYTES + batches / 2));
  return { bytes, units };
}

function base64Bytes(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
