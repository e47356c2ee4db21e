/**
 * The calls a page can make. Each validates its payload, asks Jira what the caller may do, calls
 * the core and maps errors; nothing else happens here.
 */

import { PROVIDER_SECRETS } from '../embedding/create-provider';
import { GroundworkError } from '../errors';
import type { CodeCaches } from '../index/code-cache';
import { deleteDocument } from '../index/delete';
import { deleteEverything, deleteLibrary } from '../jobs/delete-all';
import { eraseEvent } from '../jobs/events';
import type { Platform } from '../platform/ports';
import { groundIssue } from '../refinement/ground-issue';
import { type SearchOptions, type SearchScope, searchPassages } from '../retrieval/search';
import { requireAdmin, requireProject } from './authorize';
import {
  deleteGoldenQuestions,
  listGoldenQuestions,
  runGolden,
  setGoldenQuestions,
} from './golden-resolvers';
import {
  controlling,
  createIndexingJob,
  jobProgress,
  listJobs,
  stageForJob,
  startIndexingJob,
} from './job-resolvers';
import { listDocuments, listLibraries, restoreLibrary } from './library-resolvers';
import { deleteSchema, parsePayload, promptSectionSchema, searchSchema } from './payload';
import { type Answer, respond } from './respond';

/** What a call works with. */
interface CallContext {
  platform: Platform;
  searching: SearchOptions;
}

interface ResolverRequest {
  payload: unknown;
}

export type ResolverDefinitions = Record<
  string,
  (request: ResolverRequest) => Promise<Answer<unknown>>
>;

/**
 * The definitions for @forge/resolver. A platform is made anew for each call, and nothing is kept
 * from one to the next unless `caches` are given.
 */
export function resolverDefinitions(
  platformOf: () => Platform,
  caches?: CodeCaches,
): ResolverDefinitions {
  const define =
    (name: string, call: (context: CallContext, payload: unknown) => Promise<unknown>) =>
    (request: ResolverRequest) => {
      const platform = platformOf();
      return respond(platform.log, name, () => {
        const cache = caches?.of(platform.installation());
        return call({ platform, searching: cache === undefined ? {} : { cache } }, request.payload);
      });
    };
  return {
    createJob: define('createJob', onPlatform(createIndexingJob)),
    stageDocuments: define('stageDocuments', onPlatform(stageForJob)),
    startJob: define('startJob', onPlatform(startIndexingJob)),
    confirmJob: define('confirmJob', onPlatform(controlling('confirmJob'))),
    pauseJob: define('pauseJob', onPlatform(controlling('pauseJob'))),
    resumeJob: define('resumeJob', onPlatform(controlling('resumeJob'))),
    cancelJob: define('cancelJob', onPlatform(controlling('cancelJob'))),
    jobProgress: define('jobProgress', onPlatform(jobProgress)),
    listJobs: define('listJobs', onPlatform(listJobs)),
    listLibraries: define('listLibraries', onPlatform(listLibraries)),
    listDocuments: define('listDocuments', onPlatform(listDocuments)),
    restoreLibrary: define('restoreLibrary', onPlatform(restoreLibrary)),
    setGoldenQuestions: define('setGoldenQuestions', onPlatform(setGoldenQuestions)),
    listGoldenQuestions: define('listGoldenQuestions', onPlatform(listGoldenQuestions)),
    deleteGoldenQuestions: define('deleteGoldenQuestions', onPlatform(deleteGoldenQuestions)),
    runGoldenQuestions: define('runGoldenQuestions', onPlatform(runGolden)),
    search: define('search', searchInstructions),
    promptSection: define('promptSection', promptSection),
    delete: define('delete', deleteFromIndex),
  };
}

/** For a call that needs nothing but the platform. */
function onPlatform(call: (platform: Platform, payload: unknown) => Promise<unknown>) {
  return ({ platform }: CallContext, payload: unknown) => call(platform, payload);
}

async function searchInstructions({ platform, searching }: CallContext, payload: unknown) {
  const input = parsePayload(searchSchema, payload);
  // Without a project the search is not bound to what its caller works on: that is for admins.
  if (input.project === undefined) await requireAdmin(platform.jira);
  else await requireProject(platform.jira, input.project);
  const { text, k, documents, explain } = input;
  const filter = documents === undefined ? {} : { documents };
  const request = { text, scope: scopeOf(input), k, ...filter };
  const found = await searchPassages(platform, request, { ...searching, explain });
  const { applies, hits, notes, explanation } = found;
  return { applies, hits, notes, ...(explanation === undefined ? {} : { explanation }) };
}

async function promptSection({ platform, searching }: CallContext, payload: unknown) {
  const { issueKey, tokensEstimateMax } = parsePayload(promptSectionSchema, payload);
  // Read as the calling user: an item that user may not see is not there.
  const issue = await platform.jira.issue(issueKey);
  if (issue === undefined) {
    throw new GroundworkError({
      code: 'issue_unknown',
      message: `item ${issueKey}: it does not exist or you may not see it; check the key`,
      facts: { issueKey },
    });
  }
  const grounded = await groundIssue(platform, {
    issue,
    searching,
    ...(tokensEstimateMax === undefined ? {} : { tokensEstimateMax }),
  });
  return grounded.section;
}

async function deleteFromIndex({ platform }: CallContext, payload: unknown) {
  await requireAdmin(platform.jira);
  const input = parsePayload(deleteSchema, payload);
  const { body, ...options } = eraseEvent();
  const later = () => platform.queue.push(body, options);
  if ('everything' in input) {
    const erased = await deleteEverything(platform, PROVIDER_SECRETS, { later });
    return { deleted: 'everything', ...erased };
  }
  const { library, document } = input;
  if (document === undefined) {
    return { deleted: 'library', ...(await deleteLibrary(platform, library, { later })) };
  }
  return { deleted: 'document', ...(await deleteDocument(platform, { library, document })) };
}

function scopeOf(input: {
  project?: string | undefined;
  library?: string | undefined;
}): SearchScope {
  const { project, library } = input;
  if (project === undefined) return library === undefined ? 'all' : { library };
  return library === undefined ? { project } : { project, library };
}
