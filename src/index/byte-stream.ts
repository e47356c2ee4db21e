/**
 * Bytes written and read one after another, with numbers of variable length: seven bits a byte, the
 * lowest first, the highest bit set on all but the last byte; a number has no needless last byte.
 */

import { assertInvariant } from '../errors';
import { corrupt } from './envelope';

const BITS = 7;
const MORE = 0x80;
/** No number here needs more: seven such bytes hold 49 bits. */
const VARINT_BYTES_MAX = 7;

export class ByteWriter {
  private bytes: Buffer;
  private used = 0;

  constructor(capacity = 256) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.used;
  }

  /** A whole number from 0 to 2^49 - 1. */
  varint(value: number): void {
    assertInvariant(
      Number.isSafeInteger(value) && value >= 0 && value < 2 ** (BITS * VARINT_BYTES_MAX),
      `a number of variable length: ${value}, expected a whole one from 0 on`,
    );
    this.reserve(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= MORE) {
      this.bytes[this.used] = (rest % MORE) + MORE;
      this.used += 1;
      rest = Math.floor(rest / MORE);
    }
    this.bytes[this.used] = rest;
    this.used += 1;
  }

  /** A whole number of either sign: 0, -1, 1, -2, 2, … as 0, 1, 2, 3, 4, … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Little-endian, of 1 to 5 bytes. */
  uint(value: number, width: number): void {
    this.reserve(width);
    this.bytes.writeUIntLE(value, this.used, width);
    this.used += width;
  }

  float(value: number): void {
    this.reserve(4);
    this.bytes.writeFloatLE(value, this.used);
    this.used += 4;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** What was written, sharing memory with the writer. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return new Uint8Array(this.view());
  }

  clear(): void {
    this.used = 0;
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.used + more));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }
}

/** Errors of all reads: `value_corrupt`. */
export class ByteReader {
  at = 0;

  constructor(
    private readonly key: string,
    private readonly bytes: Buffer,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i += 1) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw this.corrupt('ends within a number');
      this.at += 1;
      value += (byte & (MORE - 1)) * scale;
      if (byte < MORE) {
        if (byte === 0 && i > 0) throw this.corrupt('a number with a needless byte');
        return value;
      }
      scale *= MORE;
    }
    throw this.corrupt('a number of too many bytes');
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Little-endian, of 1 to 5 bytes. */
  uint(width: number): number {
    return this.take(width).readUIntLE(0, width);
  }

  float(): number {
    return this.take(4).readFloatLE(0);
  }

  /** The next bytes, sharing memory. */
  take(length: number): Buffer {
    if (length > this.left) throw this.corrupt(`${this.left} bytes left, expected ${length}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  end(): void {
    if (this.left > 0) throw this.corrupt(`${this.left} bytes after its end`);
  }

  corrupt(found: string): Error {
    return corrupt(this.key, found);
  }
}
