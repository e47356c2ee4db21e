/** What a job's view means to its reader: its stage, how far it is, what may be asked of it. */
import type { JobPhase, JobState, JobView } from '../calls/contract';
import { count, counted, duration } from '../text/format';

export interface Stage {
  phase: JobPhase;
  label: string;
}

/** The stages a job goes through, as the tracker shows them. */
export const STAGES: readonly Stage[] = [
  { phase: 'stage', label: 'Upload' },
  { phase: 'plan', label: 'Plan' },
  { phase: 'embed', label: 'Embed' },
  { phase: 'seal', label: 'Seal' },
  { phase: 'publish', label: 'Publish' },
  { phase: 'sweep', label: 'Clean up' },
];

export type StageStatus = 'visited' | 'current' | 'unvisited';

/** Where a stage stands in relation to the job's phase. */
export function stageStatus(stage: JobPhase, phase: JobPhase): StageStatus {
  if (phase === 'done') return 'visited';
  const at = STAGES.findIndex((one) => one.phase === phase);
  const own = STAGES.findIndex((one) => one.phase === stage);
  if (own === at) return 'current';
  return own < at ? 'visited' : 'unvisited';
}

export type Tone = 'default' | 'inprogress' | 'success' | 'removed' | 'moved';

const STATES: Readonly<Record<JobState, { label: string; tone: Tone }>> = {
  staging: { label: 'Upload', tone: 'moved' },
  queued: { label: 'Waiting', tone: 'inprogress' },
  running: { label: 'Running', tone: 'inprogress' },
  planned: { label: 'Estimated', tone: 'moved' },
  paused: { label: 'Paused', tone: 'moved' },
  done: { label: 'Done', tone: 'success' },
  failed: { label: 'Failed', tone: 'removed' },
  cancelled: { label: 'Cancelled', tone: 'default' },
};

export function stateLabel(state: JobState): { label: string; tone: Tone } {
  return STATES[state];
}

/**
 * The share of chunks embedded, above 0 to 1, or undefined where no share is known. Chunks are
 * counted by the batch: before the first has ended, nothing says how far the job is.
 */
export function embeddedShare(view: Pick<JobView, 'phase' | 'chunks'>): number | undefined {
  const { embedded, toEmbed } = view.chunks;
  if (view.phase !== 'embed' || embedded === 0) return undefined;
  return Math.min(1, embedded / toEmbed);
}

/** One sentence on what the job does now, for the eye and for screen readers. */
export function progressText(view: JobView): string {
  if (view.state === 'queued') return 'Waiting to begin.';
  if (view.state === 'paused') return 'Paused. Nothing is lost; it goes on where it stopped.';
  switch (view.phase) {
    case 'stage':
      return 'The documents are being uploaded.';
    case 'plan':
      return 'Documents are read and compared with what is indexed.';
    case 'embed':
      return `${count(view.chunks.embedded)} of ${counted(view.chunks.toEmbed, 'chunk')} embedded.`;
    case 'seal':
      return 'The index is being built from the embedded chunks.';
    case 'publish':
      return 'The new generation is being published.';
    case 'sweep':
      return 'What the new generation replaced is being deleted.';
    case 'done':
      return 'Done.';
  }
}

/** What a finished job did to its library. A job that was given nothing has re-indexed it. */
export function outcomeText(view: Pick<JobView, 'documents' | 'generation'>): string {
  const { total, indexed, unchanged, deleted, refused } = view.documents;
  const done =
    total === 0
      ? 'All documents of the library re-indexed'
      : `${counted(indexed, 'document')} indexed, ${count(unchanged)} unchanged, ` +
        `${count(deleted)} deleted, ${count(refused)} refused`;
  return view.generation === undefined
    ? `${done}.`
    : `${done}; generation ${view.generation} is live.`;
}

/** Rate and time left, or nothing while they are not known. */
export function paceText({ rate, etaMs }: Pick<JobView, 'rate' | 'etaMs'>): string | undefined {
  const parts = [
    rate === null ? [] : [`${counted(Math.round(rate), 'chunk')} a minute`],
    etaMs === null ? [] : [`about ${duration(etaMs)} left`],
  ].flat();
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** What may be asked of a job. Once it has published, it only tidies up and ends by itself. */
export function allowed({ state, generation }: Pick<JobView, 'state' | 'generation'>) {
  return {
    pause: state === 'queued' || state === 'running',
    resume: state === 'paused' || state === 'failed',
    cancel: !['done', 'cancelled'].includes(state) && generation === undefined,
  };
}

/** The job a returning reader wants to see: the newest under way, or waiting for an answer. */
export function unfinishedJob(jobs: readonly JobView[]): JobView | undefined {
  return jobs.find(({ state }) => ['queued', 'running', 'planned', 'paused'].includes(state));
}
