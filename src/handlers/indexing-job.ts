/** Jobs as they are stored: the record a page polls, and the documents that await the consumer. */

import * as v from 'valibot';
import { corrupt } from '../index/envelope';
import { jobKey, stagedKey } from '../index/keys';
import type { GivenDocument } from '../index/prepare-document';
import { deleteKeys, readValues, writeValues } from '../index/read-values';
import { itemBytes } from '../index/stored-item';
import type { JsonValue, KeyValueStore, TimeToLive } from '../platform/ports';

/** What a job did stays readable for a week; the documents it waits for go after a day at most. */
const JOB_TTL: TimeToLive = { value: 7, unit: 'DAYS' };
const STAGED_TTL: TimeToLive = { value: 1, unit: 'DAYS' };

/** Base64 characters per staged value; well below the platform's 240 KiB. */
const STAGED_PART_CHARACTERS = 200_000;

const jobSchema = v.object({
  state: v.picklist(['queued', 'running', 'done', 'failed']),
  library: v.string(),
  projects: v.nullable(v.union([v.literal('all'), v.array(v.string())])),
  embedder: v.nullable(v.string()),
  dimensions: v.nullable(v.number()),
  sync: v.boolean(),
  documents: v.array(v.object({ name: v.string(), partBytes: v.array(v.number()) })),
  phase: v.string(),
  done: v.number(),
  total: v.number(),
  updatedAt: v.number(),
  /** The report of a job that is done. */
  report: v.optional(v.any()),
  error: v.optional(v.object({ code: v.string(), message: v.string() })),
});

export type IndexingJob = v.InferOutput<typeof jobSchema>;

export async function loadJob(kv: KeyValueStore, jobId: string): Promise<IndexingJob | undefined> {
  const value = await kv.get(jobKey(jobId));
  if (value === undefined) return undefined;
  const result = v.safeParse(jobSchema, value);
  if (result.success) return result.output;
  throw corrupt(jobKey(jobId), 'not a job');
}

export async function saveJob(kv: KeyValueStore, jobId: string, job: IndexingJob): Promise<void> {
  await kv.set(jobKey(jobId), job as unknown as JsonValue, { ttl: JOB_TTL });
}

/** Stores documents for the consumer, all or none; returns how they were laid out. */
export async function stageDocuments(
  kv: KeyValueStore,
  jobId: string,
  documents: readonly { name: string; content: string }[],
): Promise<IndexingJob['documents']> {
  const staged = documents.map(({ name, content }, document) => {
    const parts: string[] = [];
    for (let start = 0; start === 0 || start < content.length; start += STAGED_PART_CHARACTERS) {
      parts.push(content.slice(start, start + STAGED_PART_CHARACTERS));
    }
    const items = parts.map((value, part) => {
      const key = stagedKey(jobId, document, part);
      return { key, value, bytes: itemBytes(key, value), ttl: STAGED_TTL };
    });
    return { name, items };
  });
  const items = staged.flatMap((document) => document.items);
  try {
    await writeValues(kv, items);
  } catch (error) {
    // Should this fail too, the time to live takes what was written.
    await deleteKeys(
      kv,
      items.map(({ key }) => key),
    ).catch(() => undefined);
    throw error;
  }
  return staged.map(({ name, items }) => ({ name, partBytes: items.map((item) => item.bytes) }));
}

/** Reads the staged documents of a job back. Errors: `value_missing`. */
export async function loadStagedDocuments(
  kv: KeyValueStore,
  jobId: string,
  job: IndexingJob,
): Promise<GivenDocument[]> {
  const keys = job.documents.map(({ partBytes }, document) =>
    partBytes.map((bytes, part) => ({ key: stagedKey(jobId, document, part), bytes })),
  );
  const values = await readValues(kv, keys.flat());
  const byKey = new Map(values.map(({ key, value }) => [key, value]));
  return job.documents.map(({ name }, document) => {
    const content = (keys[document] ?? []).map(({ key }) => {
      const part = byKey.get(key);
      if (typeof part !== 'string') throw corrupt(key, 'not a staged document');
      return part;
    });
    return { name, bytes: Buffer.from(content.join(''), 'base64') };
  });
}

/** Takes back a job that was never pushed: nobody would take it up, nor delete its documents. */
export async function discardJob(
  kv: KeyValueStore,
  jobId: string,
  job: IndexingJob,
): Promise<void> {
  await unstageDocuments(kv, jobId, job);
  await kv.delete(jobKey(jobId));
}

/** Deletes what was staged: the text is needed no longer than the job runs. */
export async function unstageDocuments(
  kv: KeyValueStore,
  jobId: string,
  job: IndexingJob,
): Promise<void> {
  const keys = job.documents.flatMap(({ partBytes }, document) =>
    partBytes.map((_, part) => stagedKey(jobId, document, part)),
  );
  await deleteKeys(kv, keys);
}
