/** What a planned job will cost, from what its plan has counted. */

import { estimateJob, type JobEstimate } from './estimate';
import { LANES_MAX } from './events';
import type { JobState } from './job';
import { COORDINATOR_SHARE, LANE_SHARE } from './shares';

/** Memory of the functions, as the app manifest declares it. */
const MEMORY_MB = 1_024;

/** Undefined before the job has a plan. `limits` are those of its provider. */
export function estimateOf(
  job: JobState,
  limits: { textsPerCallMax: number; tokensPerCallMax: number },
): JobEstimate | undefined {
  const { fingerprint, documents, chunks } = job;
  if (fingerprint === null || !job.isPlanComplete) return undefined;
  return estimateJob({
    documents: documents.total,
    chunks: chunks.total,
    chunksToEmbed: chunks.toEmbed,
    textBytesToEmbed: job.textBytesPlanned,
    tokens: job.tokensPlanned,
    dimensions: fingerprint.dimensions,
    chunksSealed: chunks.total,
    // A lane makes one call at a time.
    provider: {
      provider: fingerprint.embedder,
      model: fingerprint.model,
      ...limits,
      parallelCallsMax: 1,
    },
    lanes: LANES_MAX,
    readUnitsPerMinute: COORDINATOR_SHARE.readUnitsPerMinute,
    writeUnitsPerMinute: LANES_MAX * LANE_SHARE.writeUnitsPerMinute,
    memoryMb: MEMORY_MB,
  });
}
