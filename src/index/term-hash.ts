/** Terms as stored: by hash, so that no stored value of postings holds a word. */

import { createHash } from 'node:crypto';

export const HASH_BYTES = 5;
const HASH_BITS = 8 * HASH_BYTES;

/**
 * The first 40 bits of the SHA-256 of the term's UTF-8 bytes. Among the 25,000 terms of 10,000
 * chunks two are alike once in 3,500 times, and count as one term then.
 */
export function hashTerm(term: string): number {
  return createHash('sha256').update(term).digest().readUIntBE(0, HASH_BYTES);
}

/** Bytes of a hash that are kept in one bucket of so many, which tells its highest bits. */
export function hashBytesOf(buckets: number): number {
  return Math.ceil((HASH_BITS - Math.log2(buckets)) / 8);
}

/** The hash of a bucket that ends in these bytes, of which the highest bits may be the bucket's. */
export function hashIn(bucket: number, buckets: number, lowest: number): number {
  const span = 2 ** HASH_BITS / buckets;
  return bucket * span + (lowest % span);
}

/** The bucket of a hash among so many, a power of two: its highest bits. */
export function bucketOf(hash: number, buckets: number): number {
  return Math.floor((hash / 2 ** HASH_BITS) * buckets);
}
