import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTombstones,
  encodeTombstones,
  isTombstoned,
  type Tombstones,
  withTombstones,
} from '../../src/index/tombstones';
import { codeThrownBy } from '../support/error-code';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:x:7';
const decode = (tombstones: Tombstones, documents = tombstones.documents) =>
  decodeTombstones(KEY, Buffer.from(encodeTombstones(tombstones)), { documents });

const sets = fc
  .integer({ min: 1, max: 200 })
  .chain((documents) =>
    fc.tuple(fc.constant(documents), fc.uniqueArray(fc.integer({ min: 0, max: documents - 1 }))),
  );

describe('tombstones', () => {
  it('say of every document what was said of it, there and back', () => {
    fc.assert(
      fc.property(sets, ([documents, deleted]) => {
        const tombstones = withTombstones(undefined, documents, deleted);
        const back = decode(tombstones);
        expect(back).toEqual(tombstones);
        for (let document = 0; document < documents; document += 1) {
          expect(isTombstoned(back, document)).toBe(deleted.includes(document));
        }
        expect(isTombstoned(back, documents)).toBe(false);
        expect(isTombstoned(back, documents + 8)).toBe(false);
      }),
    );
  });

  it('grow in a copy, whatever the order and however often', () => {
    fc.assert(
      fc.property(sets, fc.nat(200), ([documents, deleted], at) => {
        const all = withTombstones(undefined, documents, deleted);
        const early = withTombstones(undefined, documents, deleted.slice(0, at));
        const before = { ...early, bits: early.bits.slice() };
        expect(withTombstones(early, documents, [...deleted].reverse())).toEqual(all);
        expect(withTombstones(all, documents, deleted)).toEqual(all);
        expect(early).toEqual(before);
      }),
    );
  });

  it('are none where a segment has no such value', () => {
    expect(isTombstoned(undefined, 0)).toBe(false);
    expect(decode({ documents: 0, bits: new Uint8Array(0) }).documents).toBe(0);
  });

  it('are refused for a document the segment does not have, and for another segment', () => {
    for (const document of [-1, 9, 0.5, Number.NaN]) {
      const code = codeThrownBy(() => withTombstones(undefined, 9, [document]));
      expect(code).toBe('invariant_violated');
    }
    const tombstones = withTombstones(undefined, 9, [1]);
    expect(codeThrownBy(() => withTombstones(tombstones, 10, []))).toBe('invariant_violated');
    expect(codeThrownBy(() => decode(tombstones, 10))).toBe('value_corrupt');
  });

  it.each([
    ['too few bits', { documents: 9, bits: new Uint8Array(1) }],
    ['too many', { documents: 9, bits: new Uint8Array(3) }],
    ['a spare bit', { documents: 9, bits: Uint8Array.of(0, 2) }],
    ['half a document', { documents: 8.5, bits: new Uint8Array(2) }],
    ['more than one value holds', { documents: 2_000_000, bits: new Uint8Array(250_000) }],
  ])('are not written with %s', (_, tombstones) => {
    expect(codeThrownBy(() => encodeTombstones(tombstones))).toBe('invariant_violated');
  });
});
