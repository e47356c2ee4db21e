/** Exact scan in a general search engine. */

import {
  installedVersion,
  loadPeer,
  type PeerAdapter,
  rowsOf,
  unitsOfText,
} from './support/adapter';

type Database = object;

interface Orama {
  create(options: { schema: Record<string, string> }): Database;
  insert(database: Database, document: { id: string; embedding: number[] }): unknown;
  searchVector(
    database: Database,
    options: {
      vector: { value: Float32Array; property: string };
      similarity: number;
      limit: number;
    },
  ): { hits: { id: string }[] } | Promise<{ hits: { id: string }[] }>;
  save(database: Database): object;
}

/** Below any cosine: the default drops what is less alike than 0.8. */
const SIMILARITY_MIN = -1;

export const adapter: PeerAdapter = {
  name: 'orama',
  isNative: false,
  version: installedVersion('@orama/orama'),
  async build(base, n, dims) {
    const { create, insert, searchVector, save } = await loadPeer<Orama>('@orama/orama');
    const database = create({ schema: { embedding: `vector[${dims}]` } });
    for (const [row, values] of rowsOf(base, dims).entries()) {
      await insert(database, { id: String(row), embedding: [...values] });
    }
    return {
      search: async (value, k) => {
        const vector = { value, property: 'embedding' };
        const found = await searchVector(database, {
          vector,
          similarity: SIMILARITY_MIN,
          limit: k,
        });
        return found.hits.map(({ id }) => Number(id));
      },
      stored: () => {
        const bytes = savedBytes(() => save(database));
        if (bytes === undefined) return { note: 'too large to save as one string' };
        const note = 'JSON, read whole';
        return { bytesPerVector: Math.round(bytes / n), coldUnits: unitsOfText(bytes), note };
      },
      close: () => undefined,
    };
  },
};

/** Its format is one JSON text, which cannot become longer than a string of the engine. */
function savedBytes(save: () => object): number | undefined {
  try {
    return JSON.stringify(save()).length;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
