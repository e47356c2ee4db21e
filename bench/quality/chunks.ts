/** The chunks of a library as it stores them: what every peer gets, with the same vectors. */

import type { Site } from '../../cli/local-site';
import { exportLibrary } from '../../src/index/export-library';

export interface PeerChunk {
  document: string;
  headings: string[];
  /** The slice of the document, which is what judged passages are looked for in. */
  text: string;
  /** The same with what is needed to read it: what is shown, and searched. */
  shown: string;
  /** Of norm 1; undefined of a library without vectors. */
  vector: Float32Array | undefined;
}

interface ChunkLine {
  headings: string[];
  lead: string;
  text: string;
  trail: string;
  scale: number;
  vector: string;
}

/** Reads all chunks of a library, in the order of its documents. */
export async function chunksOf(site: Site, library: string): Promise<PeerChunk[]> {
  const chunks: PeerChunk[] = [];
  await site.run('chunks', async (platform) => {
    let document = '';
    for await (const line of exportLibrary(platform, library)) {
      const json = JSON.parse(line) as { document?: string } & Partial<ChunkLine>;
      if (json.document !== undefined) document = json.document;
      if (json.text !== undefined) chunks.push(toChunk(document, json as ChunkLine));
    }
  });
  return chunks;
}

function toChunk(document: string, line: ChunkLine): PeerChunk {
  const { headings, lead, text, trail } = line;
  const shown = lead + text.trim() + trail;
  return { document, headings, text, shown, vector: vectorOf(line) };
}

/** The stored int8 vector as floats, of norm 1. */
function vectorOf({ vector }: ChunkLine): Float32Array | undefined {
  const bytes = Buffer.from(vector, 'base64');
  if (bytes.length === 0) return undefined;
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return normalized(Float32Array.from(values));
}

/** A copy of norm 1; as it is where it is all zeros. */
export function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(vector, vector));
  return norm === 0 ? vector : vector.map((value) => value / norm);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
