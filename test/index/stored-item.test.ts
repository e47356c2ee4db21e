import { describe, expect, it } from 'vitest';
import { openBytes, openValue } from '../../src/index/envelope';
import { itemBytes, planBatches, toBase64, toBytesItem, toItem } from '../../src/index/stored-item';
import { seededRandom } from '../support/local-app';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:d:0:0';

describe('an item to be stored', () => {
  it('has its body in an envelope and the bytes of key and JSON', () => {
    const body = 'größe 📏 "quoted"';
    const item = toItem('documents', KEY, body);
    expect(openValue('documents', item.key, item.value)).toBe(body);
    expect(item.bytes).toBe(KEY.length + Buffer.byteLength(JSON.stringify(item.value)));
    expect(itemBytes(KEY, item.value)).toBe(item.bytes);
  });

  it('holds the part of a larger array that its bytes are', () => {
    const all = Uint8Array.of(9, 9, 1, 2, 3, 9);
    const item = toBytesItem('list', KEY, all.subarray(2, 5));
    expect([...openBytes('list', KEY, item.value)]).toEqual([1, 2, 3]);
    expect(toBase64(all.subarray(2, 5))).toBe('AQID');
  });
});

describe('planBatches', () => {
  it('keeps every batch to 25 keys and 0.9 MB, the order, and every item once', () => {
    const random = seededRandom(81);
    for (let round = 0; round < 200; round += 1) {
      const count = Math.floor(random() * 120);
      const bytesMax = [100, 36_000, 60_000, 245_760][round % 4] as number;
      const items = Array.from({ length: count }, (_, i) => {
        return { key: `k${i}`, bytes: 1 + Math.floor(random() * bytesMax) };
      });
      const batches = planBatches(items);
      expect(batches.flat()).toEqual(items);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(25);
        expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(900_000);
      }
    }
  });

  it('makes no more batches than it must of equal items', () => {
    const items = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => ({ key: `k${i}`, bytes }));
    expect(planBatches([])).toEqual([]);
    expect(planBatches(items(25, 36_000)).length).toBe(1);
    expect(planBatches(items(26, 36_000)).length).toBe(2);
    expect(planBatches(items(25, 36_001)).length).toBe(2);
    expect(planBatches(items(6, 240_000)).length).toBe(2);
  });
});
