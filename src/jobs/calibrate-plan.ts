/**
 * Calibrating the threshold of what a job is about to publish: the foreign texts are embedded by
 * the library's own model and run against the segments that were just stored. A library that hardly
 * changed keeps what it has, so that an edit pays nothing for it.
 */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import { GroundworkError } from '../errors';
import type { Calibration } from '../index/calibration';
import type { Fingerprint } from '../index/catalogue';
import { liveChunks, type SegmentDescriptor } from '../index/segment';
import { calibrate, foreignQueries, stillServes } from '../retrieval/calibrate';
import type { Baseline } from './baseline';
import type { JobPlan } from './job';
import { expectTime, HANDOVER_MS, type JobContext } from './job-context';
import type { JobRun } from './job-run';

/**
 * The calibration to publish. A provider that fails costs no job its publish: the library then
 * keeps the numbers it has of the same model, or has none, which every search of it says.
 * Errors: `time_is_up`, `value_missing`, `value_corrupt`, and those of the store.
 */
export async function calibratePlan(
  run: JobRun,
  { library: before }: Pick<Baseline, 'library'>,
  segments: SegmentDescriptor[],
): Promise<Calibration | null> {
  const { context, state, planNumber, jobId } = run;
  const { fingerprint, plans, request } = state;
  const chunks = segments.reduce((sum, segment) => sum + liveChunks(segment), 0);
  if (fingerprint === null || chunks === 0) return null;
  const isSameModel = before?.fingerprint.modelId === fingerprint.modelId;
  const known = isSameModel ? before.calibration : null;
  if (stillServes(known, chunks)) return known;
  try {
    const vectors = await foreignVectors(context, fingerprint);
    const { library: id } = plans[planNumber] as JobPlan;
    const library = { id, name: request.library, fingerprint, segments };
    const betweenQueries = () => expectTime(context);
    return await calibrate(context.platform.kv, library, { vectors, betweenQueries });
  } catch (error) {
    if (!isOfProvider(error)) throw error;
    context.platform.log('calibration_failed', { jobId, code: error.code });
    return known;
  }
}

/** The foreign texts embedded as queries are; undefined of a library without vectors. */
async function foreignVectors(
  { platform, providerOf }: JobContext,
  fingerprint: Fingerprint,
): Promise<Float32Array[] | undefined> {
  if (fingerprint.dimensions === 0) return undefined;
  const { vectors } = await embedMany({
    provider: providerOf(fingerprint),
    texts: foreignQueries().map(({ text }) => text),
    purpose: 'query',
    sleep: platform.sleep,
    random: platform.random,
    estimateTokens,
    remainingTimeMs: () => platform.remainingTimeMs() - HANDOVER_MS / 2,
  });
  return vectors;
}

function isOfProvider(error: unknown): error is GroundworkError {
  if (!GroundworkError.isInstance(error)) return false;
  return /^(provider|builtin|embedder)_/.test(error.code);
}
