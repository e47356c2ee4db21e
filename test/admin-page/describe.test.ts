import { describe, expect, it } from 'vitest';
import type { JobPhase, JobState, JobView } from '../../static/admin/src/calls/contract';
import {
  allowed,
  embeddedShare,
  outcomeText,
  paceText,
  progressText,
  STAGES,
  stageStatus,
  unfinishedJob,
} from '../../static/admin/src/job/describe';

const chunks = (embedded: number, toEmbed: number) => ({
  total: toEmbed,
  reused: 0,
  toEmbed,
  embedded,
});
const viewOf = (state: JobState, phase: JobPhase) =>
  ({ state, phase, chunks: chunks(3, 1_204) }) as unknown as JobView;

describe('stages', () => {
  const statuses = (phase: JobPhase) => STAGES.map((stage) => stageStatus(stage.phase, phase)[0]);

  it('stand before, at and after the phase', () => {
    expect(statuses('stage').join('')).toBe('cuuuuu');
    expect(statuses('embed').join('')).toBe('vvcuuu');
    expect(statuses('done').join('')).toBe('vvvvvv');
  });
});

describe('embeddedShare', () => {
  it('is known from the first batch on, and only while chunks are embedded', () => {
    expect(embeddedShare({ phase: 'plan', chunks: chunks(0, 0) })).toBeUndefined();
    expect(embeddedShare({ phase: 'embed', chunks: chunks(0, 10) })).toBeUndefined();
    expect(embeddedShare({ phase: 'embed', chunks: chunks(5, 10) })).toBe(0.5);
    expect(embeddedShare({ phase: 'seal', chunks: chunks(10, 10) })).toBeUndefined();
  });
});

describe('progressText', () => {
  it('says what goes on, and that nothing does', () => {
    expect(progressText(viewOf('running', 'embed'))).toBe('3 of 1,204 chunks embedded.');
    expect(progressText(viewOf('queued', 'plan'))).toBe('Waiting to begin.');
    expect(progressText(viewOf('paused', 'embed'))).toContain('Nothing is lost');
  });

  it('has words for every phase', () => {
    const phases: JobPhase[] = ['stage', 'plan', 'embed', 'seal', 'publish', 'sweep', 'done'];
    const texts = phases.map((phase) => progressText(viewOf('running', phase)));
    expect(new Set(texts).size).toBe(phases.length);
  });
});

describe('outcomeText', () => {
  it('counts what was given, or says that nothing was', () => {
    const documents = { total: 3, indexed: 1, unchanged: 1, deleted: 0, refused: 1 };
    expect(outcomeText({ documents, generation: 4 })).toBe(
      '1 document indexed, 1 unchanged, 0 deleted, 1 refused; generation 4 is live.',
    );
    const none = { total: 0, indexed: 0, unchanged: 0, deleted: 0, refused: 0 };
    expect(outcomeText({ documents: none })).toBe('All documents of the library re-indexed.');
  });
});

describe('paceText', () => {
  it('says what is known', () => {
    expect(paceText({ rate: null, etaMs: null })).toBeUndefined();
    expect(paceText({ rate: 1200.4, etaMs: 90_000 })).toBe(
      '1,200 chunks a minute, about 1 min 30 s left',
    );
  });
});

describe('allowed', () => {
  it.each([
    ['staging', false, false, true],
    ['queued', true, false, true],
    ['running', true, false, true],
    ['planned', false, false, true],
    ['paused', false, true, true],
    ['failed', false, true, true],
    ['done', false, false, false],
    ['cancelled', false, false, false],
  ] as const)('%s: pause %s, resume %s, cancel %s', (state, pause, resume, cancel) => {
    expect(allowed({ state })).toEqual({ pause, resume, cancel });
  });

  it('lets nobody cancel what is published already', () => {
    expect(allowed({ state: 'running', generation: 3 }).cancel).toBe(false);
  });
});

describe('unfinishedJob', () => {
  const jobs = (...states: JobState[]) =>
    states.map((state, i) => ({ state, jobId: String(i) }) as unknown as JobView);

  it('is the newest under way; what was left in mid-upload is not', () => {
    expect(unfinishedJob(jobs('staging', 'done', 'planned', 'running'))?.jobId).toBe('2');
    expect(unfinishedJob(jobs('staging', 'failed', 'cancelled'))).toBeUndefined();
  });
});
