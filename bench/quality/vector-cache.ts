/**
 * A provider that remembers: embeddings in a file by the hash of purpose and text, so that a run
 * that was broken off goes on, and a second run embeds what has changed only.
 */

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddingProvider, EmbeddingPurpose } from '../../src/embedding/provider';

const HASH_BYTES = 32;
const FLOAT_BYTES = 4;

/** Wraps a provider with the file of its model in the folder. */
export function remembering(provider: EmbeddingProvider, folder: string): EmbeddingProvider {
  const { modelId, dimensions } = provider;
  const name = createHash('sha256').update(modelId).digest('hex').slice(0, 16);
  const file = join(folder, `vectors-${name}.bin`);
  const known = existsSync(file) ? read(file, dimensions) : new Map<string, Float32Array>();
  return {
    ...provider,
    async doEmbed(texts, purpose) {
      const keys = texts.map((text) => hashOf(text, purpose));
      const missing = [...new Set(keys)].filter((key) => !known.has(key));
      if (missing.length > 0) {
        const wanted = missing.map((key) => texts[keys.indexOf(key)] as string);
        const { embeddings } = await provider.doEmbed(wanted, purpose);
        for (const [i, key] of missing.entries()) {
          const embedding = Float32Array.from(embeddings[i] as ArrayLike<number>);
          appendFileSync(
            file,
            Buffer.concat([Buffer.from(key, 'hex'), Buffer.from(embedding.buffer)]),
          );
          known.set(key, embedding);
        }
      }
      const embeddings = keys.map((key) => known.get(key) as Float32Array);
      return { embeddings, tokens: undefined };
    },
  };
}

/** What a file holds; an entry that was cut off at its end is taken away. */
function read(file: string, dimensions: number): Map<string, Float32Array> {
  const bytes = readFileSync(file);
  const size = HASH_BYTES + dimensions * FLOAT_BYTES;
  truncateSync(file, bytes.length - (bytes.length % size));
  const known = new Map<string, Float32Array>();
  for (let at = 0; at + size <= bytes.length; at += size) {
    const key = bytes.toString('hex', at, at + HASH_BYTES);
    const vector = new Float32Array(dimensions);
    for (let i = 0; i < dimensions; i += 1) {
      vector[i] = bytes.readFloatLE(at + HASH_BYTES + i * FLOAT_BYTES);
    }
    known.set(key, vector);
  }
  return known;
}

function hashOf(text: string, purpose: EmbeddingPurpose): string {
  return createHash('sha256').update(`${purpose}\n${text}`).digest('hex');
}
