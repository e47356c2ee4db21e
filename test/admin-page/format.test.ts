import { describe, expect, it } from 'vitest';
import {
  bytes,
  count,
  counted,
  duration,
  money,
  percent,
} from '../../static/admin/src/text/format';

describe('figures', () => {
  it.each([
    [count(12345), '12,345'],
    [counted(1, 'library', 'libraries'), '1 library'],
    [counted(1204, 'document'), '1,204 documents'],
    [counted(0, 'document'), '0 documents'],
    [bytes(1), '1 byte'],
    [bytes(999), '999 bytes'],
    [bytes(1_500), '2 KB'],
    [bytes(4_980_000), '5.0 MB'],
    [percent(0), '0 %'],
    [percent(0.999), '99 %'],
    [percent(1), '100 %'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

describe('duration', () => {
  it.each([
    [-5, '0 s'],
    [400, '0 s'],
    [45_000, '45 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [97_200_000, '1 d 3 h'],
  ])('%i ms', (ms, expected) => {
    expect(duration(ms)).toBe(expected);
  });
});

describe('money', () => {
  it.each([
    [0, '$0'],
    [0.00001, 'less than $0.0001'],
    [0.00162, '$0.0016'],
    [0.0951, '$0.095'],
    [0.5, '$0.50'],
    [12.345, '$12.35'],
  ])('%d', (usd, expected) => {
    expect(money(usd)).toBe(expected);
  });
});
