/**
 * What libraries held in each generation that was ever published, taken down as it happens, and
 * what they should have held: each generation is the one before with one job applied to it.
 */
import { hashedEmbedding } from '../../emulator/providers/hashed-embedding';
import type { KvsService } from '../../emulator/types';
import { type LibraryEntry, loadCatalogue } from '../../src/index/catalogue';
import {
  embeddedText,
  hashDocument,
  type PreparedDocument,
  prepareDocument,
} from '../../src/index/prepare-document';
import { liveDocuments, loadRecords, loadSegmentDocuments } from '../../src/index/reader';
import type { Stored } from './stored-keys';

/** Hashes of documents by name. */
export type Contents = ReadonlyMap<string, string>;

export interface Generation {
  library: string;
  number: number;
  documents: Contents;
  dimensions: number;
  /** Id of the job that published it; undefined of a deletion or a restoring. */
  jobId: string | undefined;
}

/** Cosine of a stored vector, which is rounded to int8, with the one that the provider gave. */
const SAME_COSINE = 0.99;

/** Documents whose content may come to be stored, by name and hash: the same in all books. */
const prepared = new Map<string, PreparedDocument>();

/** Makes a document known; gives its hash. */
export function knowDocument(name: string, text: string): string {
  const bytes = Buffer.from(text);
  const hash = hashDocument(bytes);
  const key = `${name} ${hash}`;
  if (!prepared.has(key)) prepared.set(key, prepareDocument({ name, bytes }));
  return hash;
}

export class GenerationBook {
  readonly problems: string[] = [];
  readonly #byLibrary = new Map<string, Generation[]>();

  of(library: string): readonly Generation[] {
    return this.#byLibrary.get(library) ?? [];
  }

  latest(library: string): Generation | undefined {
    return this.of(library).at(-1);
  }

  /** Takes down what is live already. */
  async begin({ kv, entities }: Stored): Promise<void> {
    await this.#note({ kv, entities }, undefined);
  }

  /** The service, each publish of which is taken down before anybody learns of it. */
  watch(service: KvsService, stored: (installation: string) => Promise<Stored>): KvsService {
    return {
      handle: async (request) => {
        const answer = await service.handle(request);
        const isTransaction = request.path === '/api/v1/transaction' && answer.status < 300;
        if (isTransaction && request.body.includes('"catalogue"')) {
          const { set = [] } = JSON.parse(request.body) as { set?: TransactionSet[] };
          const job = set.find(({ entityName }) => entityName === 'job')?.key;
          await this.#note(await stored(request.installation), job);
        }
        return answer;
      },
      close: () => service.close(),
    };
  }

  /** Every chunk that searches of the generation find, in any order. */
  chunksOf({ documents }: Generation): string {
    const chunks = [...documents].flatMap(([name, hash]) => {
      const { chunks = [] } = prepared.get(`${name} ${hash}`) ?? {};
      return chunks.map(({ start, end }) => `${name} ${start}-${end}`);
    });
    return chunks.sort().join();
  }

  async #note(stored: Stored, jobId: string | undefined): Promise<void> {
    const { libraries } = await loadCatalogue(stored.entities);
    for (const library of libraries) {
      const known = this.#byLibrary.get(library.name) ?? [];
      if (known.at(-1)?.number === library.generation) continue;
      const documents = await this.#readDocuments(stored, library);
      const { dimensions } = library.fingerprint;
      const { name, generation: number } = library;
      known.push({ library: name, number, documents, dimensions, jobId });
      this.#byLibrary.set(name, known);
    }
  }

  /** Checks every chunk: its place, its text, and that its vector is that of its text. */
  async #readDocuments({ kv }: Stored, library: LibraryEntry): Promise<Contents> {
    const documents = new Map<string, string>();
    const live = liveDocuments(await loadSegmentDocuments(kv, library.id, library.segments));
    for (const { name, hash, chunks } of live) {
      const where = `${library.name} ${library.generation}, ${name}`;
      if (documents.has(name)) this.problems.push(`${where}: twice`);
      documents.set(name, hash);
      const document = prepared.get(`${name} ${hash}`);
      const places = (list: readonly { start: number; end: number }[]) =>
        JSON.stringify(list.map(({ start, end }) => [start, end]));
      if (document === undefined || places(document.chunks) !== places(chunks)) {
        this.problems.push(`${where}: not the chunks of any document given`);
        continue;
      }
      const records = await loadRecords(
        kv,
        chunks.map((chunk) => ({ library, chunk })),
      );
      for (const [i, record] of records.entries()) {
        const { start, end } = chunks[i] as (typeof chunks)[number];
        const { dimensions } = library.fingerprint;
        const wanted = hashedEmbedding(embeddedText(library.name, record), dimensions, 1);
        const isRight = record.document === name && record.text === document.text.slice(start, end);
        if (!isRight || cosine(record.vector.values, wanted) < SAME_COSINE) {
          this.problems.push(`${where}: chunk ${i} has the record of another`);
        }
      }
    }
    return documents;
  }
}

interface TransactionSet {
  entityName?: string;
  key: string;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let [aa, bb] = [0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}
