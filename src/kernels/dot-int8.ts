/**
 * Dot product of two int8 rows: sum over i < dimensions of a[aStart + i] * b[bStart + i].
 *
 * Accumulator: a double holding an integer; four partial sums let the engine pipeline the
 * multiplications. Exact up to 131,071 dimensions even in an int32 accumulator
 * (2^31 / 128^2), far above the 4,096 this project stores.
 */
export function dotInt8(
  a: Int8Array,
  aStart: number,
  b: Int8Array,
  bStart: number,
  dimensions: number,
): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const unrolledEnd = dimensions - (dimensions & 3);
  for (let i = 0; i < unrolledEnd; i += 4) {
    sum0 += Math.imul(a[aStart + i]!, b[bStart + i]!);
    sum1 += Math.imul(a[aStart + i + 1]!, b[bStart + i + 1]!);
    sum2 += Math.imul(a[aStart + i + 2]!, b[bStart + i + 2]!);
    sum3 += Math.imul(a[aStart + i + 3]!, b[bStart + i + 3]!);
  }
  for (let i = unrolledEnd; i < dimensions; i += 1) {
    sum0 += Math.imul(a[aStart + i]!, b[bStart + i]!);
  }
  return sum0 + sum1 + sum2 + sum3;
}
