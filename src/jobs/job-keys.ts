/** Names of what a job keeps for itself; all of it goes with the job. */

import { createHash } from 'node:crypto';
import { STAGED_PREFIX } from '../index/keys';

/** One item per job, keyed by job id. */
export const JOB_ENTITY = 'job';

export function jobPrefix(jobId: string): string {
  return `${STAGED_PREFIX}${jobId}:`;
}

/** Everything that was staged but the lists of it. */
export function stagedPrefix(jobId: string): string {
  return `${jobPrefix(jobId)}i:`;
}

/** The lists of what was staged. */
export function stagedListPrefix(jobId: string): string {
  return `${jobPrefix(jobId)}n:`;
}

/** A part of the list of pieces that one call staged. */
export function stagedListKey(jobId: string, call: number, part: number): string {
  return `${stagedListPrefix(jobId)}${call}:${part}`;
}

/** One value of a call's pieces. */
export function stagedPieceKey(jobId: string, call: number, number: number): string {
  return `${stagedPrefix(jobId)}${call}:${number}`;
}

export function pageKey(jobId: string, plan: number, page: number): string {
  return `${jobPrefix(jobId)}p:${plan}:${page}`;
}

export function batchKey(jobId: string, plan: number, batch: number): string {
  return `${jobPrefix(jobId)}b:${plan}:${batch}`;
}

/** Who embeds a batch: the first to make this value; takeovers are numbered. */
export function claimKey(jobId: string, plan: number, batch: number, claim: number): string {
  return `${jobPrefix(jobId)}c:${plan}:${batch}:${claim}`;
}

/** What came of a batch: written once, by whoever embedded it. */
export function resultKey(jobId: string, plan: number, batch: number): string {
  return `${jobPrefix(jobId)}r:${plan}:${batch}`;
}

/** Why a lane cannot go on. */
export function laneKey(jobId: string, round: number, lane: number): string {
  return `${jobPrefix(jobId)}f:${round}:${lane}`;
}

/** Marks that a try of an event has begun, so that a second delivery of it does nothing. */
export function deliveryKey(jobId: string, event: string, attempt: number): string {
  return `${jobPrefix(jobId)}x:${event}:${attempt}`;
}

/** The segments that a plan led to. */
export function sealedKey(jobId: string, plan: number): string {
  return `${jobPrefix(jobId)}s:${plan}`;
}

/** Id that the records of a batch stand under: of its plan and of the claim that embedded it. */
export function recordJobId(jobId: string, plan: number, claim: number): string {
  return plan === 0 && claim === 0 ? jobId : derivedId(`${jobId}:${plan}:${claim}`);
}

/** Id of the segment that a plan is sealed as; it is the publisher's name too. */
export function segmentIdOf(jobId: string, plan: number): string {
  return derivedId(`${jobId}:segment:${plan}`);
}

/** 16 hexadecimal digits, as all ids of the index. */
function derivedId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}
