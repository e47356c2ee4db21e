/**
 * Vectors for a local provider: a bag of words, each word projected onto a few dimensions by its
 * hash. Texts that share words lie near each other, so a search over them returns sensible hits.
 */

const HASHES_PER_WORD = 8;
/** Words that are in every text and would make all texts alike. */
const STOP_WORDS = new Set(
  'a an and are as at be by for from in is it its of on or that the this to was with'.split(' '),
);

/** Shapes: number[dimensions], L2 norm 1. Equal arguments give equal numbers. */
export function hashedEmbedding(text: string, dimensions: number, seed: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const [word, count] of features(text)) {
    const weight = 1 + Math.log(count);
    let hash = fnv1a(word, seed);
    for (let i = 0; i < HASHES_PER_WORD; i += 1) {
      hash = mix(hash + i);
      const dimension = (hash >>> 1) % dimensions;
      vector[dimension] = (vector[dimension] ?? 0) + (hash & 1 ? weight : -weight);
    }
  }
  const norm = Math.hypot(...vector);
  if (norm > 0) return vector.map((value) => value / norm);
  vector[0] = 1;
  return vector;
}

/** Words but stop words; longer ones also by their first five letters, for their other forms. */
function features(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  for (const word of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []) {
    if (STOP_WORDS.has(word)) continue;
    add(word);
    if (word.length > 5) add(`${word.slice(0, 5)}*`);
  }
  return counts;
}

function fnv1a(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** Finalizer of MurmurHash3, which spreads every input bit over the 32. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
