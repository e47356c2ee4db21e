/** A job as its page shows it. */

import type { EmbeddingProvider } from '../embedding/provider';
import type { Fingerprint } from '../index/catalogue';
import type { JobEstimate } from './estimate';
import type { JobState, RefusedDocument } from './job';
import { estimateOf } from './job-estimate';
import { usdPerMillionTokens } from './prices';

type ProviderLimits = Pick<EmbeddingProvider, 'textsPerCallMax' | 'tokensPerCallMax'>;

export interface JobView
  extends Pick<
    JobState,
    | 'state'
    | 'phase'
    | 'documents'
    | 'chunks'
    | 'tokens'
    | 'units'
    | 'createdAt'
    | 'updatedAt'
    | 'overtaken'
  > {
  jobId: string;
  kind: JobState['request']['kind'];
  library: string;
  refused: RefusedDocument[];
  costUsd: number | null;
  /** Chunks embedded a minute; null before there is a measure. */
  rate: number | null;
  /** Until all chunks are embedded, at that rate. */
  etaMs: number | null;
  estimate?: JobEstimate;
  /** Generation that the job published. */
  generation?: number;
  chunksLive?: number;
  error?: { code: string; message: string };
  waiting?: string;
}

/** `limits` are those of the job's provider; null while it has none. */
export function viewOf(
  jobId: string,
  job: JobState,
  { now, limits }: { now: number; limits: ProviderLimits | null },
): JobView {
  const estimate = limits === null ? undefined : estimateOf(job, limits);
  const { request, error, waiting, generation, fingerprint } = job;
  const { rate, etaMs } = paceOf(job, now);
  return {
    jobId,
    kind: request.kind,
    library: request.library,
    state: job.state,
    phase: job.phase,
    documents: job.documents,
    chunks: job.chunks,
    tokens: job.tokens,
    units: {
      read: job.units.read + job.laneUnits.read,
      write: job.units.write + job.laneUnits.write,
    },
    createdAt: job.createdAt,
    updatedAt: job.updatedAt,
    overtaken: job.overtaken,
    refused: job.refused,
    costUsd: fingerprint === null ? null : costOf(fingerprint, job.tokens.count),
    rate,
    etaMs,
    ...(estimate === undefined ? {} : { estimate }),
    ...(generation > 0 ? { generation, chunksLive: job.chunksLive } : {}),
    ...(error === null ? {} : { error }),
    ...(waiting === null ? {} : { waiting }),
  };
}

function costOf({ embedder, model }: Fingerprint, tokens: number): number | null {
  const price = usdPerMillionTokens(embedder, model);
  return price === undefined ? null : (tokens / 1e6) * price;
}

function paceOf(job: JobState, now: number): { rate: number | null; etaMs: number | null } {
  const { embedded, toEmbed } = job.chunks;
  const isEmbedding = job.state === 'running' && job.phase === 'embed';
  const until = isEmbedding ? now : job.embeddedAt;
  const minutes = (until - job.embedStartedAt) / 60_000;
  if (embedded === 0 || job.embedStartedAt === 0 || minutes <= 0)
    return { rate: null, etaMs: null };
  const rate = embedded / minutes;
  const etaMs = isEmbedding ? Math.round(((toEmbed - embedded) / rate) * 60_000) : null;
  return { rate: Math.round(rate), etaMs };
}
