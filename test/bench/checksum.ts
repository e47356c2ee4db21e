/** Short SHA-256 of vectors, as the bytes a little-endian file would hold. */
import { createHash } from 'node:crypto';

export function checksum(values: Float32Array | Int32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
