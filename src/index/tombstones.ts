/**
 * Tombstones: which documents of a segment have been deleted since it was sealed. The segment
 * itself never changes; each deletion writes a new set beside it. docs/format.md is the norm for
 * the bytes.
 */

import { assertInvariant } from '../errors';
import { hasSpareBits, isWholeWithin } from './columns';
import { BODY_BYTES_MAX, corrupt } from './envelope';

/** Where the one field of the fixed header begins, and how long the header is. */
export const TOMBSTONES_HEADER = { documents: 0, bytes: 4 } as const;

export interface Tombstones {
  /** Documents of the segment, deleted or not. */
  documents: number;
  /** Uint8Array[ceil(documents / 8)]: bit i of byte j is set when document 8j + i is deleted. */
  bits: Uint8Array;
}

/** The bytes before base64. Errors: `invariant_violated` for what cannot be written. */
export function encodeTombstones({ documents, bits }: Tombstones): Uint8Array {
  assertInvariant(
    isWholeWithin(documents, 0, 8 * (BODY_BYTES_MAX - TOMBSTONES_HEADER.bytes)) &&
      bits.length === bitBytes(documents) &&
      !hasSpareBits(bits, documents),
    `tombstones: ${bits.length} bytes for ${documents} documents, or spare bits that are set`,
  );
  const bytes = Buffer.alloc(TOMBSTONES_HEADER.bytes + bits.length);
  bytes.writeUInt32LE(documents, TOMBSTONES_HEADER.documents);
  bytes.set(bits, TOMBSTONES_HEADER.bytes);
  return bytes;
}

/** Errors: `value_corrupt`. */
export function decodeTombstones(
  key: string,
  bytes: Buffer,
  expected: { documents: number },
): Tombstones {
  if (bytes.length < TOMBSTONES_HEADER.bytes) throw corrupt(key, `only ${bytes.length} bytes`);
  const documents = bytes.readUInt32LE(TOMBSTONES_HEADER.documents);
  if (documents !== expected.documents) {
    throw corrupt(key, `${documents} documents, the segment has ${expected.documents}`);
  }
  const expectedBytes = TOMBSTONES_HEADER.bytes + bitBytes(documents);
  if (bytes.length !== expectedBytes) {
    throw corrupt(
      key,
      `${bytes.length} bytes for ${documents} documents, expected ${expectedBytes}`,
    );
  }
  const bits = new Uint8Array(bytes.subarray(TOMBSTONES_HEADER.bytes));
  if (hasSpareBits(bits, documents)) throw corrupt(key, 'spare bits are set');
  return { documents, bits };
}

/** Whether a document is deleted; a segment without tombstones has lost none. */
export function isTombstoned(tombstones: Tombstones | undefined, document: number): boolean {
  if (tombstones === undefined) return false;
  return (((tombstones.bits[document >> 3] ?? 0) >> (document & 7)) & 1) === 1;
}

/**
 * A copy with more documents deleted; deleting one twice changes nothing.
 * Errors: `invariant_violated` for an ordinal the segment does not have.
 */
export function withTombstones(
  tombstones: Tombstones | undefined,
  documents: number,
  deleted: Iterable<number>,
): Tombstones {
  assertInvariant(
    tombstones === undefined || tombstones.documents === documents,
    `tombstones of ${tombstones?.documents} documents for a segment of ${documents}`,
  );
  const bits = new Uint8Array(bitBytes(documents));
  if (tombstones !== undefined) bits.set(tombstones.bits);
  for (const document of deleted) {
    assertInvariant(
      isWholeWithin(document, 0, documents - 1),
      `tombstones: document ${document} of ${documents}`,
    );
    bits[document >> 3] = (bits[document >> 3] as number) | (1 << (document & 7));
  }
  return { documents, bits };
}

function bitBytes(documents: number): number {
  return Math.ceil(documents / 8);
}
