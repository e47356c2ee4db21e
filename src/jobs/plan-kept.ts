/**
 * Documents that a rebuild embeds anew though nobody gave them: their texts come from the records
 * of the live generation, so that a change of the model needs no document a second time.
 */

import { GroundworkError } from '../errors';
import type { DocumentEntry } from '../index/document-table';
import { loadRecords } from '../index/reader';
import { type Baseline, differenceOf } from './baseline';
import type { JobState } from './job';
import { createPage, type PageSource, type PlannedPage } from './plan-page';
import type { StagedDocument } from './staging';

/** Chunks whose records are read for one page. */
const CHUNKS_PER_PAGE = 1_000;

/** How chunks were cut and become texts; what was cut otherwise has to be given again. */
const TEXT_FIELDS = ['chunkerVersion', 'embeddedTextVersion', 'maskingVersion'] as const;

/**
 * The live documents that a rebuild takes over; none of a job that is no rebuild.
 * Errors: `fingerprint_mismatch` when their texts were cut by another version.
 */
export function keptDocuments(
  state: JobState,
  baseline: Baseline,
  staged: readonly StagedDocument[],
): DocumentEntry[] {
  const { rebuild, sync } = state.request;
  if (!rebuild || sync || baseline.library === undefined || state.fingerprint === null) return [];
  const given = new Set(staged.map(({ name }) => name));
  const kept = baseline.documents.filter(({ name }) => !given.has(name));
  const { fingerprint } = baseline.library;
  const wanted = state.fingerprint;
  const field = TEXT_FIELDS.find((name) => fingerprint[name] !== wanted[name]);
  if (kept.length === 0 || field === undefined) return kept;
  const difference = differenceOf(fingerprint, wanted);
  throw new GroundworkError({
    code: 'fingerprint_mismatch',
    message: `library "${state.request.library}": ${kept.length} documents were cut with ${field} ${fingerprint[field]} and this version has ${wanted[field]}, so their texts are needed again; the first is "${kept[0]?.name}". Give all documents`,
    facts: { field: difference?.field ?? field, documents: kept.length },
  });
}

/** Plans kept documents from `first` on. Errors: `value_missing`, `value_corrupt`. */
export async function nextKeptPage(
  source: PageSource,
  kept: readonly DocumentEntry[],
  first: number,
): Promise<PlannedPage> {
  const { baseline, platform } = source;
  const { library } = baseline;
  const taken: DocumentEntry[] = [];
  let chunks = 0;
  for (const document of kept.slice(first)) {
    if (taken.length > 0 && chunks + document.chunks.length > CHUNKS_PER_PAGE) break;
    taken.push(document);
    chunks += document.chunks.length;
  }
  const page = createPage(source);
  for (const document of taken) {
    if (library === undefined) break;
    const records = await loadRecords(
      platform.kv,
      document.chunks.map((chunk) => ({ library, chunk })),
    );
    const parts = document.chunks.map(({ start, end }, i) => {
      const { headings, lead, text, trail } = records[i] as (typeof records)[number];
      return { start, end, document: document.name, headings, lead, text, trail };
    });
    page.add({ name: document.name, hash: document.hash }, parts);
  }
  return page.close(taken.length);
}
