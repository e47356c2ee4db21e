import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BODY_BYTES_MAX,
  FORMAT_VERSION,
  openBytes,
  openValue,
  PART_BYTES_MAX,
  sealedBytes,
  sealValue,
  VALUE_KINDS,
} from '../../src/index/envelope';
import type { JsonValue } from '../../src/platform/ports';
import { codeThrownBy } from '../support/error-code';

const KEY = 'l:0123456789abcdef:r:fedcba9876543210:7';
const BODY = 'Überprüfung ✅ "quoted" \\ \n\t 漢字 👩‍💻';

const damaged = (value: JsonValue) => codeThrownBy(() => openValue('record', KEY, value));
const sealed = sealValue('record', KEY, BODY) as Record<string, JsonValue>;

describe('the envelope', () => {
  it('gives back any body under its kind and key', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(...VALUE_KINDS),
        (body, kind) => {
          const stored = JSON.parse(JSON.stringify(sealValue(kind, KEY, body))) as JsonValue;
          expect(openValue(kind, KEY, stored)).toBe(body);
        },
      ),
    );
  });

  it('reports a body truncated at any place', () => {
    for (let length = 0; length < BODY.length; length += 1) {
      expect(damaged({ ...sealed, body: BODY.slice(0, length) })).toBe('value_corrupt');
    }
  });

  it('reports a body with any one character changed, added or taken out', () => {
    for (let at = 0; at < BODY.length; at += 1) {
      for (const other of ['x', '\u0000', '']) {
        const body = BODY.slice(0, at) + other + BODY.slice(at + 1);
        expect(damaged({ ...sealed, body })).toBe('value_corrupt');
      }
      const longer = `${BODY.slice(0, at)}x${BODY.slice(at)}`;
      expect(damaged({ ...sealed, body: longer })).toBe('value_corrupt');
    }
  });

  it('reports any other checksum and any other kind', () => {
    const checksum = sealed['checksum'] as number;
    for (let bit = 0; bit < 32; bit += 1) {
      const flipped = (checksum ^ (1 << bit)) >>> 0;
      expect(damaged({ ...sealed, checksum: flipped })).toBe('value_corrupt');
    }
    for (const kind of ['records', 'Record', '', 'vectors', 'list']) {
      expect(damaged({ ...sealed, kind })).toBe('value_corrupt');
    }
  });

  it('never takes a value of one kind for another, nor the value of another key', () => {
    for (const written of VALUE_KINDS) {
      const value = sealValue(written, KEY, BODY) as Record<string, JsonValue>;
      for (const read of VALUE_KINDS.filter((kind) => kind !== written)) {
        expect(codeThrownBy(() => openValue(read, KEY, value))).toBe('value_corrupt');
        const relabelled = { ...value, kind: read };
        expect(codeThrownBy(() => openValue(read, KEY, relabelled))).toBe('value_corrupt');
      }
      expect(codeThrownBy(() => openValue(written, `${KEY}0`, value))).toBe('value_corrupt');
    }
  });

  it('refuses a newer format by name and says what to do', () => {
    const newer = { ...sealed, format: FORMAT_VERSION + 1 };
    expect(damaged(newer)).toBe('format_newer');
    expect(() => openValue('record', KEY, newer)).toThrow(/update the app/);
    expect(() => openValue('record', KEY, newer)).toThrow(KEY);
  });

  it.each([-1, 0.5, -0.5, '0', null, true])('reports the format %j as damage', (format) => {
    expect(damaged({ ...sealed, format })).toBe('value_corrupt');
  });

  it('reports whatever is not an envelope', () => {
    const without = (field: string) =>
      Object.fromEntries(Object.entries(sealed).filter(([name]) => name !== field));
    const values: JsonValue[] = [null, 0, '', 'text', true, [], {}, [sealed]];
    for (const field of Object.keys(sealed)) values.push(without(field));
    values.push({ ...sealed, body: [BODY] }, { ...sealed, checksum: String(sealed['checksum']) });
    for (const value of values) expect(damaged(value)).toBe('value_corrupt');
  });

  it('says which value is damaged and what to do, without quoting it', () => {
    expect(() => openValue('record', KEY, { ...sealed, body: 'secret text' })).toThrow(
      /l:0123456789abcdef:r:fedcba9876543210:7.*index the library again/,
    );
    expect(() => openValue('record', KEY, { ...sealed, body: 'secret text' })).not.toThrow(
      /secret/,
    );
  });

  it('gives back bytes that are stored as base64', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 90 }),
        fc.constantFrom(...VALUE_KINDS),
        (given, kind) => {
          const bytes = Buffer.from(given);
          expect(openBytes(kind, KEY, sealValue(kind, KEY, bytes.toString('base64')))).toEqual(
            bytes,
          );
        },
      ),
    );
  });

  it('says how large a value becomes: exactly, but for digits that the checksum has not', () => {
    for (const kind of VALUE_KINDS) {
      for (let bytes = 0; bytes < 50; bytes += 1) {
        const value = sealValue(kind, KEY, Buffer.alloc(bytes).toString('base64'));
        const digits = String((value as { checksum: number }).checksum).length;
        expect(JSON.stringify(value).length).toBe(sealedBytes(kind, bytes) - (10 - digits));
      }
      expect(sealedBytes(kind, BODY_BYTES_MAX)).toBeLessThanOrEqual(PART_BYTES_MAX);
      expect(sealedBytes(kind, BODY_BYTES_MAX)).toBeGreaterThan(PART_BYTES_MAX - 16);
    }
  });
});
