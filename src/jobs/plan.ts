/**
 * Planning: which documents changed, which of their chunks have a vector already, and which await
 * one. It goes page by page, each page written before the state names it, so a run that ends in the
 * middle loses a page at most and pays for nothing twice.
 */

import { assertInvariant, GroundworkError } from '../errors';
import { type Fingerprint, type LibraryEntry, loadCatalogue } from '../index/catalogue';
import { isValueMissing } from '../index/read-values';
import {
  type Baseline,
  expectSameFingerprint,
  fingerprintOf,
  isReassigned,
  loadBaseline,
} from './baseline';
import { importedPages, readExportManifest } from './import-plan';
import type { JobPlan, JobState, RefusedDocument } from './job';
import { expectTime } from './job-context';
import type { JobRun } from './job-run';
import { writeBatch, writePage } from './page';
import { keptDocuments, nextKeptPage } from './plan-kept';
import { nextGivenPage, type PageSource, type PlannedPage } from './plan-page';
import { ownRecords, reusableRecords } from './reusable-records';
import { loadStaged, type StagedDocument } from './staging';

/** Refusals that the state keeps for the page of the job, and their bytes: names may be long. */
const REFUSED_MAX = 100;
const REFUSED_BYTES_MAX = 60_000;

/** What is to be done with a library, found before anything is paid. */
export interface Outlook {
  baseline: Baseline;
  staged: StagedDocument[];
  /** Names of documents that a synchronisation deletes. */
  deleted: string[];
}

/**
 * Plans until everything is planned. Errors: `time_is_up` in between; those of `startPlan`; those
 * of reading what was staged.
 */
export async function planDocuments(run: JobRun): Promise<Outlook> {
  const { platform } = run.context;
  const baseline = await loadBaseline(platform, run.state.request);
  const staged = await loadStagedOf(run);
  const mustPlan = run.state.mustPlan || isOvertakenBy(run.state, baseline.library);
  if (mustPlan) await startPlan(run, baseline, staged);
  const outlook = { baseline, staged, deleted: [] as string[] };
  try {
    if (!run.state.isPlanComplete) await planPages(run, outlook);
  } catch (error) {
    if (!(await isSweptMeanwhile(run, error))) throw error;
    return planDocuments(run);
  }
  outlook.deleted = deletedBy(run.state, baseline, staged);
  return outlook;
}

/**
 * Whether an error says that a value is gone which the current plan starts from, and somebody has
 * published the library since, or deleted it: then nothing is damaged, and the job plans again.
 */
export async function isSweptMeanwhile(
  { context, state }: JobRun,
  error: unknown,
): Promise<boolean> {
  if (!isValueMissing(error)) return false;
  const { libraries } = await loadCatalogue(context.platform.entities);
  const live = libraries.find(({ name }) => name === state.request.library);
  return isOvertakenBy(state, live);
}

/** By id too: one that was made anew counts its generations from 1 again. */
function isOvertakenBy({ plans }: JobState, live: LibraryEntry | undefined): boolean {
  const plan = plans.at(-1);
  if (plan?.generation !== (live?.generation ?? 0)) return true;
  return live !== undefined && live.id !== plan.library;
}

/** Begins a plan from the generation that is live. */
async function startPlan(
  run: JobRun,
  baseline: Baseline,
  staged: readonly StagedDocument[],
): Promise<void> {
  const { state, context } = run;
  const { request } = state;
  if (state.plans.length >= state.plansMax) throw alwaysOvertaken(state);
  const before = state.plans.at(-1);
  // Planned into a library that has gone since: an admin who deletes does not want it back.
  const isGone = before !== undefined && before.generation > 0;
  if (isGone && baseline.library?.id !== before.library) throw libraryDeleted(request.library);
  const fingerprint = await fingerprintWanted(run, baseline, staged);
  if (baseline.library !== undefined && !request.rebuild) {
    expectSameFingerprint(baseline.library, fingerprint);
  }
  const plan: JobPlan = {
    generation: baseline.library?.generation ?? 0,
    library: baseline.library?.id ?? before?.library ?? context.platform.newId(),
    pages: [],
    batches: [],
    toEmbed: 0,
    modelId: fingerprint.modelId,
  };
  const { total } = state.documents;
  await run.save({
    phase: 'plan',
    fingerprint,
    plans: [...state.plans, plan],
    mustPlan: false,
    planned: 0,
    isPlanComplete: false,
    overtaken: state.plans.length,
    spentBefore: {
      chunks: state.chunksCharged,
      tokens: state.tokens,
      units: state.laneUnits,
    },
    documents: { total, indexed: 0, unchanged: 0, deleted: 0, refused: 0 },
    chunks: { total: 0, reused: 0, toEmbed: 0, embedded: 0 },
    tokensPlanned: 0,
    textBytesPlanned: 0,
    refused: [],
    waiting: null,
  });
}

/** The fingerprint that the job's vectors will have. Errors: of a provider that does not exist. */
async function fingerprintWanted(
  run: JobRun,
  { library }: Baseline,
  staged: readonly StagedDocument[],
): Promise<Fingerprint> {
  const { platform, providerFor, providerOf } = run.context;
  const { kind, embedder, dimensions } = run.state.request;
  if (kind === 'import') {
    const { fingerprint } = await readExportManifest(platform.kv, exportIn(run, staged));
    // Queries will be embedded with it, so it has to exist here too.
    providerOf(fingerprint);
    return fingerprint;
  }
  const wish = { embedder: embedder ?? undefined, dimensions: dimensions ?? undefined };
  return fingerprintOf(providerFor(library, wish));
}

/** The one file of an import. Errors: `export_invalid`. */
function exportIn(run: JobRun, staged: readonly StagedDocument[]): StagedDocument {
  const [file] = staged;
  if (staged.length === 1 && file !== undefined && file.fault === undefined) return file;
  throw new GroundworkError({
    code: 'export_invalid',
    message: `job ${run.jobId}: ${staged.length} files were given, or not all pieces of one; an import takes one export as it was written. Give it again`,
    facts: { files: staged.length },
  });
}

async function planPages(run: JobRun, { baseline, staged }: Outlook): Promise<void> {
  const { platform, providerOf, textsPerBatchMax } = run.context;
  const { request, fingerprint } = run.state;
  assertInvariant(fingerprint !== null, `job ${run.jobId}: a plan without a fingerprint`);
  const provider = providerOf(fingerprint);
  const limits = { ...provider, textsPerCallMax: textsPerBatchMax ?? provider.textsPerCallMax };
  const own = await ownRecords(platform.kv, run.jobId, run.state);
  const libraryId = run.state.plans.at(-1)?.library ?? '';
  const live = request.rebuild ? [] : baseline.documents;
  const reusable = reusableRecords(libraryId, live, own);
  const source: PageSource = {
    ...{ platform, baseline, limits, reusable },
    ...{ libraryName: request.library, libraryId, isRebuild: request.rebuild },
  };
  if (request.kind === 'import') await planImport(run, source, exportIn(run, staged));
  else await planGiven(run, source, staged);
  const deleted = deletedBy(run.state, baseline, staged).length;
  expectSomethingLeft(run.state, baseline, deleted);
  await run.save({
    isPlanComplete: true,
    documents: { ...run.state.documents, deleted },
  });
}

async function planGiven(
  run: JobRun,
  source: PageSource,
  staged: readonly StagedDocument[],
): Promise<void> {
  const kept = keptDocuments(run.state, source.baseline, staged);
  while (run.state.planned < staged.length + kept.length) {
    expectTime(run.context);
    const { planned } = run.state;
    const page =
      planned < staged.length
        ? await nextGivenPage(source, staged, planned)
        : await nextKeptPage(source, kept, planned - staged.length);
    await keepPage(run, page, staged.length);
  }
}

async function planImport(run: JobRun, source: PageSource, file: StagedDocument): Promise<void> {
  const { documents } = await readExportManifest(source.platform.kv, file);
  for await (const page of importedPages(source, file, run.state.planned)) {
    await keepPage(run, page, documents);
    expectTime(run.context);
  }
}

/** Writes a page and its batches, and then the state that names them. */
async function keepPage(run: JobRun, page: PlannedPage, stagedCount: number): Promise<void> {
  const { kv } = run.context.platform;
  const { state, jobId } = run;
  const number = run.planNumber;
  const plan = state.plans[number] as JobPlan;
  const batches: number[][] = [];
  let place = plan.toEmbed;
  for (const batch of page.batches) {
    const at = { jobId, plan: number, batch: plan.batches.length + batches.length };
    batches.push([batch.length, ...(await writeBatch(kv, at, batch))]);
    place += batch.length;
  }
  const documents = page.documents.map((document) => ({
    ...document,
    chunks: document.chunks.map((chunk) =>
      chunk.job === '' ? { ...chunk, record: plan.toEmbed + chunk.record } : chunk,
    ),
  }));
  const pages =
    documents.length === 0
      ? plan.pages
      : [
          ...plan.pages,
          await writePage(kv, { jobId, plan: number, page: plan.pages.length }, documents),
        ];
  const next = { ...plan, pages, batches: [...plan.batches, ...batches], toEmbed: place };
  const chunks = page.documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const toEmbed = place - plan.toEmbed;
  const { documents: counts, chunks: chunkCounts } = state;
  const isGiven = state.planned < stagedCount;
  await run.save({
    plans: [...state.plans.slice(0, number), next],
    planned: state.planned + page.taken,
    documents: {
      ...counts,
      total: stagedCount,
      indexed: counts.indexed + (isGiven ? page.documents.length : 0),
      unchanged: counts.unchanged + page.unchanged,
      refused: counts.refused + page.refused.length,
    },
    chunks: {
      ...chunkCounts,
      total: chunkCounts.total + chunks,
      reused: chunkCounts.reused + chunks - toEmbed,
      toEmbed: chunkCounts.toEmbed + toEmbed,
    },
    tokensPlanned: state.tokensPlanned + page.tokens,
    textBytesPlanned: state.textBytesPlanned + page.textBytes,
    refused: withinRoom([...state.refused, ...page.refused]),
  });
  run.context.observe?.refused(page.refused);
}

/** The first of them, as many as the state has room for. */
function withinRoom(refused: readonly RefusedDocument[]): RefusedDocument[] {
  let bytes = 0;
  const fits = (one: RefusedDocument) => {
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes <= REFUSED_BYTES_MAX;
  };
  return refused.slice(0, REFUSED_MAX).filter(fits);
}

/** Names that a synchronisation deletes. A refused document was given: its last version stays. */
function deletedBy(
  state: JobState,
  baseline: Baseline,
  staged: readonly StagedDocument[],
): string[] {
  if (!state.request.sync || state.request.kind === 'import') return [];
  const given = new Set(staged.map(({ name }) => name));
  return baseline.documents.map(({ name }) => name).filter((name) => !given.has(name));
}

/** Errors: `nothing_to_sync`. */
function expectSomethingLeft(state: JobState, { documents }: Baseline, deleted: number): void {
  const isEmptied = state.documents.indexed === 0 && deleted === documents.length;
  if (!isEmptied || documents.length === 0) return;
  const { library } = state.request;
  const { refused } = state.documents;
  throw new GroundworkError({
    code: 'nothing_to_sync',
    message: `library "${library}": no document was given that can be taken (${refused} refused), so synchronising would delete all ${documents.length}; nothing was changed. Check the path, or delete the library`,
    facts: { library, documents: documents.length, refused },
  });
}

/** Whether a plan that is complete changes anything at all. */
export function changesNothing(state: JobState, baseline: Baseline): boolean {
  const { indexed, deleted } = state.documents;
  if (baseline.library === undefined) return indexed === 0;
  if (state.request.rebuild && state.chunks.total > 0) return false;
  return indexed === 0 && deleted === 0 && !isReassigned(baseline.library, state.request.projects);
}

async function loadStagedOf(run: JobRun): Promise<StagedDocument[]> {
  const { calls, request } = run.state;
  try {
    return await loadStaged(run.context.platform.kv, run.jobId, calls);
  } catch (error) {
    if (!isValueMissing(error)) throw error;
    throw new GroundworkError({
      code: 'staging_incomplete',
      message: `job ${run.jobId}: not all of the ${calls} calls that stage documents for library "${request.library}" have arrived, or they are older than seven days; nothing was changed. Give the documents again`,
      facts: { calls },
      cause: error,
    });
  }
}

/** The error of a job whose library is gone. */
export function libraryDeleted(library: string): GroundworkError {
  return new GroundworkError({
    code: 'library_deleted',
    message: `library "${library}": deleted while documents were indexed into it; nothing was published. Start again to make it anew`,
    facts: { library },
  });
}

function alwaysOvertaken({ request: { library }, plans }: JobState): GroundworkError {
  return new GroundworkError({
    code: 'publish_lost',
    message: `library "${library}": other jobs published it first ${plans.length} times; what was embedded is kept. Resume the job when the others have ended`,
    facts: { library, plans: plans.length },
  });
}
