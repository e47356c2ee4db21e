import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkRecord, decodeRecord, encodeRecord } from '../../src/index/record';
import type { JsonValue } from '../../src/platform/ports';
import { quantizeInt8 } from '../../src/quantization/int8';
import { codeThrownBy } from '../support/error-code';
import { randomVectors } from '../support/random-vectors';

const KEY = 'l:0123456789abcdef:r:fedcba9876543210:0';
const [vector] = randomVectors(1, 24, 5);
const RECORD: ChunkRecord = {
  document: 'guides/größe 📏.md',
  headings: ['Release', 'Who "approves"'],
  lead: '| a | b |\n',
  text: 'Two reviewers approve.\r\n\tThen it ships. 🚀',
  trail: '```',
  vector: quantizeInt8(vector as Float32Array),
};

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const records = fc.record({
  document: text,
  headings: fc.array(text, { maxLength: 6 }),
  lead: text,
  text,
  trail: text,
  values: fc.int8Array({ minLength: 1, maxLength: 40, min: -127, max: 127 }),
  scale: fc.float({ min: Math.fround(1e-20), max: 1, noNaN: true }),
});

describe('a record', () => {
  it('comes back as it was, through JSON and for any text and vector', () => {
    fc.assert(
      fc.property(records, ({ values, scale, ...rest }) => {
        const record = { ...rest, vector: { values, scale } };
        const stored = JSON.parse(JSON.stringify(encodeRecord(KEY, record))) as JsonValue;
        const back = decodeRecord(KEY, stored, values.length);
        expect(back).toEqual(record);
      }),
    );
  });

  it('is reported when its stored JSON is truncated anywhere or one character differs', () => {
    const stored = JSON.stringify(encodeRecord(KEY, RECORD));
    let read = 0;
    for (let at = 0; at < stored.length; at += 1) {
      for (const damaged of [
        stored.slice(0, at),
        `${stored.slice(0, at)}7${stored.slice(at + 1)}`,
        `${stored.slice(0, at)}A${stored.slice(at + 1)}`,
      ]) {
        const value = parsed(damaged);
        if (value === undefined || damaged === stored) continue;
        read += 1;
        const code = codeThrownBy(() => decodeRecord(KEY, value, 24));
        // A key of the envelope may differ and leave none; a digit may make the format newer.
        expect(['value_corrupt', 'format_newer']).toContain(code);
      }
    }
    expect(read).toBeGreaterThan(200);
  });

  it('is reported under the key of its neighbour and with other dimensions', () => {
    const stored = encodeRecord(KEY, RECORD);
    const neighbour = KEY.replace(/0$/, '1');
    expect(codeThrownBy(() => decodeRecord(neighbour, stored, 24))).toBe('value_corrupt');
    expect(codeThrownBy(() => decodeRecord(KEY, stored, 23))).toBe('value_corrupt');
    expect(codeThrownBy(() => decodeRecord(KEY, stored, 25))).toBe('value_corrupt');
  });

  it('encodes the part of a larger array that its vector is', () => {
    const all = Int8Array.from([9, 9, 1, -2, 3, 9]);
    const record = { ...RECORD, vector: { values: all.subarray(2, 5), scale: 0.5 } };
    const back = decodeRecord(KEY, encodeRecord(KEY, record), 3);
    expect([...back.vector.values]).toEqual([1, -2, 3]);
  });
});

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return undefined;
  }
}
