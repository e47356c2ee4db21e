/** The calls of the page that indexes instructions: jobs from their making to their end. */

import { GroundworkError } from '../errors';
import { providerIfKnown } from '../index/choose-provider';
import {
  cancelJob,
  confirmJob,
  openJob,
  pauseJob,
  resumeJob,
  stageDocuments,
  startJob,
} from '../jobs/control-job';
import type { JobState } from '../jobs/job';
import { findJob, listJobIds, loadJob } from '../jobs/job-store';
import { type JobView, viewOf } from '../jobs/job-view';
import type { Platform } from '../platform/ports';
import { settleAll } from '../settle-all';
import { requireAdmin, requireProject } from './authorize';
import {
  createJobSchema,
  jobSchema,
  nothingSchema,
  parsePayload,
  stageDocumentsSchema,
  startJobSchema,
} from './payload';

/** Jobs that the page lists; the newest. */
const JOBS_SHOWN_MAX = 50;

export async function createIndexingJob(
  platform: Platform,
  payload: unknown,
): Promise<{ jobId: string }> {
  await requireAdmin(platform.jira);
  const { library, projects, embedder, dimensions, sync, rebuild } = parsePayload(
    createJobSchema,
    payload,
  );
  if (projects !== undefined && projects !== 'all') {
    await settleAll(projects.map((project) => requireProject(platform.jira, project)));
  }
  const jobId = await openJob(platform, {
    kind: 'index',
    library,
    projects: projects ?? null,
    embedder: embedder ?? null,
    dimensions: dimensions ?? null,
    sync,
    rebuild,
  });
  return { jobId };
}

export async function stageForJob(
  platform: Platform,
  payload: unknown,
): Promise<{ documents: number }> {
  await requireAdmin(platform.jira);
  const { jobId, call, documents } = parsePayload(stageDocumentsSchema, payload);
  await stageDocuments(platform, jobId, call, documents);
  return { documents: documents.length };
}

export async function startIndexingJob(platform: Platform, payload: unknown): Promise<object> {
  await requireAdmin(platform.jira);
  const { jobId, calls, confirm } = parsePayload(startJobSchema, payload);
  await startJob(platform, jobId, { calls, confirm });
  return {};
}

const CONTROLS = { confirmJob, pauseJob, resumeJob, cancelJob };

/** Confirm, pause, resume, cancel: each needs but the job. */
export function controlling(control: keyof typeof CONTROLS) {
  return async (platform: Platform, payload: unknown): Promise<object> => {
    await requireAdmin(platform.jira);
    const { jobId } = parsePayload(jobSchema, payload);
    await CONTROLS[control](platform, jobId);
    return {};
  };
}

export async function jobProgress(platform: Platform, payload: unknown): Promise<JobView> {
  await requireAdmin(platform.jira);
  const { jobId } = parsePayload(jobSchema, payload);
  const { state } = await findJob(platform.entities, jobId);
  return toView(platform, jobId, state);
}

export async function listJobs(platform: Platform, payload: unknown): Promise<{ jobs: JobView[] }> {
  await requireAdmin(platform.jira);
  parsePayload(nothingSchema, payload);
  const ids = await listJobIds(platform.kv);
  const jobs = await settleAll(ids.map((jobId) => readJob(platform, jobId)));
  const found = jobs.filter((job) => job !== undefined);
  found.sort((a, b) => b.createdAt - a.createdAt);
  return { jobs: found.slice(0, JOBS_SHOWN_MAX) };
}

/** Undefined for a job that another version of the app has left; its own page says so. */
async function readJob(platform: Platform, jobId: string): Promise<JobView | undefined> {
  try {
    const job = await loadJob(platform.entities, jobId);
    return job === undefined ? undefined : toView(platform, jobId, job.state);
  } catch (error) {
    if (GroundworkError.isInstance(error) && error.code === 'job_outdated') return undefined;
    throw error;
  }
}

function toView(platform: Platform, jobId: string, state: JobState): JobView {
  const { fingerprint } = state;
  const provider = fingerprint === null ? undefined : providerIfKnown(platform, fingerprint);
  return viewOf(jobId, state, { now: platform.clock(), limits: provider ?? null });
}
