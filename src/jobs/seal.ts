/** Sealing: from planned documents and their records to the segments of the next generation. */

import { GroundworkError } from '../errors';
import type { Calibration } from '../index/calibration';
import type { DocumentEntry } from '../index/document-table';
import { nextSegments } from '../index/next-segments';
import { writeValues } from '../index/read-values';
import type { SegmentDescriptor } from '../index/segment';
import type { KeyValueStore } from '../platform/ports';
import { calibratePlan } from './calibrate-plan';
import { embeddedRecords } from './embedded-records';
import type { JobPlan } from './job';
import { expectTime } from './job-context';
import { sealedKey, segmentIdOf } from './job-keys';
import type { JobRun } from './job-run';
import { readPages, toEntries } from './page';
import type { Outlook } from './plan';
import { readTexts, writeText } from './work-text';

/** What publishing needs of a seal. */
export interface Sealed {
  segments: SegmentDescriptor[];
  /** Names of documents that the generation does not have any more. */
  deleted: string[];
  /** What the threshold of the generation is made of. */
  calibration: Calibration | null;
}

/**
 * Writes the segments of the current plan and, last, the list of them. Repeating it writes the same
 * values under the same keys. Errors: `time_is_up` between steps, `value_missing`, `value_corrupt`.
 */
export async function sealPlan(run: JobRun, { baseline, deleted }: Outlook): Promise<number[]> {
  const { kv } = run.context.platform;
  const { state, jobId, planNumber } = run;
  const added = await plannedEntries(run);
  const removed = new Set([...added.map(({ name }) => name), ...deleted]);
  const { fingerprint, request, plans } = state;
  const next = await nextSegments(kv, request.rebuild ? [] : baseline.segments, {
    libraryId: plans[planNumber]?.library ?? '',
    jobId: segmentIdOf(jobId, planNumber),
    dimensions: fingerprint?.dimensions ?? 0,
    removed,
    added,
    erase: deleted.length > 0,
    inlineCharactersMax: baseline.inlineCharactersMax,
    betweenSteps: () => expectTime(run.context),
  });
  await writeValues(kv, next.items);
  const calibration = await calibratePlan(run, baseline, next.segments);
  const sealed: Sealed = { segments: next.segments, deleted, calibration };
  const bytes = await writeText(kv, sealedKey(jobId, planNumber), JSON.stringify(sealed));
  await next.drop();
  return bytes;
}

/** What `sealPlan` left. Errors: `value_missing`, `value_corrupt`. */
export async function loadSealed(
  kv: KeyValueStore,
  jobId: string,
  plan: number,
  bytes: readonly number[],
): Promise<Sealed> {
  const [text = ''] = await readTexts(kv, [{ key: sealedKey(jobId, plan), bytes }]);
  // The checksum has vouched for the bytes, and only this file writes them.
  return JSON.parse(text) as Sealed;
}

/** The documents that are new or changed, every chunk with its record. */
async function plannedEntries(run: JobRun): Promise<DocumentEntry[]> {
  const { kv } = run.context.platform;
  const { jobId, planNumber } = run;
  const plan = run.state.plans[planNumber] as JobPlan;
  const documents = await readPages(kv, jobId, planNumber, plan);
  // Each of them was there when the embedding ended.
  const records = await embeddedRecords(kv, jobId, planNumber, plan, Number.POSITIVE_INFINITY);
  return toEntries(documents, (place) => {
    const record = records.get(place);
    if (record !== undefined) return record;
    throw notEmbedded(run.jobId, place);
  });
}

function notEmbedded(jobId: string, place: number): GroundworkError {
  return new GroundworkError({
    code: 'counts_mismatch',
    message: `job ${jobId}: chunk ${place} has no vector though its batch has ended; nothing was published. Please report it`,
    facts: { place },
  });
}
