/** A page of a plan: some of the documents given, checked, cut and compared with what there is. */

import { estimateTokens } from '../chunking/estimate-tokens';
import { hasVectors } from '../embedding/lexical';
import { planBatches } from '../embedding/plan-batches';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import {
  embeddedText,
  type GivenDocument,
  hashDocument,
  prepareDocument,
  recordHash,
} from '../index/prepare-document';
import type { Platform } from '../platform/ports';
import type { Baseline } from './baseline';
import type { RefusedDocument } from './job';
import type { AwaitingChunk, PlannedChunk, PlannedDocument } from './page';
import type { ReusableRecords } from './reusable-records';
import { readStaged, type StagedDocument } from './staging';

export interface PageSource {
  platform: Platform;
  baseline: Baseline;
  limits: Pick<EmbeddingProvider, 'dimensions' | 'textsPerCallMax' | 'tokensPerCallMax'>;
  libraryName: string;
  /** Id of the library that the plan's records will stand under. */
  libraryId: string;
  reusable: ReusableRecords;
  /** Nothing counts as unchanged: vectors of another fingerprint are wanted. */
  isRebuild: boolean;
}

export interface PlannedPage {
  /** Documents taken off the list, whatever became of them. */
  taken: number;
  /** Those that changed; a chunk that awaits a vector has its place within this page. */
  documents: PlannedDocument[];
  batches: AwaitingChunk[][];
  unchanged: number;
  refused: RefusedDocument[];
  tokens: number;
  textBytes: number;
}

const DOCUMENTS_PER_PAGE = 200;
/** Bytes as staged; a document larger than this is a page of its own. */
const BYTES_PER_PAGE = 1_500_000;

/** Plans documents from `first` on. Errors: those of reading what was staged. */
export async function nextGivenPage(
  source: PageSource,
  staged: readonly StagedDocument[],
  first: number,
): Promise<PlannedPage> {
  const taken = takeWhileSmall(staged.slice(first, first + DOCUMENTS_PER_PAGE));
  const page = createPage(source);
  const readable = taken.filter(({ fault }) => fault === undefined);
  const given = await readStaged(source.platform.kv, readable);
  for (const { name, fault } of taken) {
    if (fault !== undefined) page.refuse(name, faultOf(name, fault));
  }
  for (const document of given) planDocument(source, page, document);
  return page.close(taken.length);
}

function takeWhileSmall(staged: readonly StagedDocument[]): StagedDocument[] {
  const taken: StagedDocument[] = [];
  let bytes = 0;
  for (const document of staged) {
    bytes += document.values.reduce((sum, value) => sum + value.bytes, 0);
    if (taken.length > 0 && bytes > BYTES_PER_PAGE) break;
    taken.push(document);
  }
  return taken;
}

function planDocument(source: PageSource, page: OpenPage, given: GivenDocument): void {
  const before = source.baseline.documents.find(({ name }) => name === given.name);
  if (!source.isRebuild && before?.hash === hashDocument(given.bytes)) {
    page.unchanged += 1;
    return;
  }
  try {
    const document = prepareDocument(given);
    const parts = document.chunks.map((chunk) => ({
      start: chunk.start,
      end: chunk.end,
      document: document.name,
      headings: chunk.headings,
      lead: chunk.lead,
      text: document.text.slice(chunk.start, chunk.end),
      trail: chunk.trail,
    }));
    page.add({ name: document.name, hash: document.hash }, parts);
  } catch (error) {
    if (!GroundworkError.isInstance(error)) throw error;
    page.refuse(given.name, error);
  }
}

export interface OpenPage {
  unchanged: number;
  refuse(document: string, error: GroundworkError): void;
  add(
    document: { name: string; hash: string },
    chunks: readonly (AwaitingChunk & { start: number; end: number })[],
  ): void;
  close(taken: number): PlannedPage;
}

/** A page that is being filled. */
export function createPage({ libraryName, libraryId, limits, reusable }: PageSource): OpenPage {
  const documents: PlannedDocument[] = [];
  const awaiting: AwaitingChunk[] = [];
  const refused: RefusedDocument[] = [];
  return {
    unchanged: 0,
    refuse(document, { code, message }) {
      refused.push({ document, code, message });
    },
    add({ name, hash }, chunks) {
      const take = reusable.of(name);
      const planned = chunks.map((chunk): PlannedChunk => {
        const { start, end } = chunk;
        const hash = recordHash(chunk);
        const found = take(hash);
        if (found?.library === libraryId) {
          return { start, end, hash, job: found.job, record: found.record };
        }
        awaiting.push({ ...chunk, source: chunk.source ?? found });
        return { start, end, hash, job: '', record: awaiting.length - 1 };
      });
      documents.push({ name, hash, chunks: planned });
    },
    close(taken) {
      // What brings its vector along, or is to have none, costs nothing to embed.
      const tokenCounts = awaiting.map((chunk) =>
        chunk.source === undefined && hasVectors(limits)
          ? estimateTokens(embeddedText(libraryName, chunk))
          : 0,
      );
      const batches = planBatches(tokenCounts, limits).map(({ start, end }) =>
        awaiting.slice(start, end),
      );
      return {
        taken,
        documents,
        batches,
        unchanged: this.unchanged,
        refused,
        tokens: tokenCounts.reduce((sum, count) => sum + count, 0),
        textBytes: awaiting.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
      };
    },
  };
}

function faultOf(name: string, fault: 'incomplete' | 'duplicate'): GroundworkError {
  if (fault === 'incomplete') {
    return new GroundworkError({
      code: 'document_incomplete',
      message: `document "${name}": not all of its pieces arrived. Give it again`,
    });
  }
  return new GroundworkError({
    code: 'document_duplicate',
    message: `document "${name}": given twice in one run; the first was taken. Rename one of them, or index them into two libraries`,
  });
}
