import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_BYTES_MAX, createKernels, type Kernels, PLANES_MAX } from '../../src/kernels/kernels';
import { seededRandom } from '../support/local-app';
import { layOut, randomBytes, resultsOf } from './arena';

const targets = [
  createKernels({ target: 'typescript' }),
  createKernels({ target: 'wasm-simd128' }),
] as const;

interface ScanCase {
  /** One array of bytes a plane, all of one length, the lightest first. */
  planes: readonly Uint8Array[];
  codes: readonly Uint8Array[];
  /** Bytes between the end of a code and the next. */
  gap?: number;
  planesAt?: number;
  codesAt?: number;
}

/** The oracle: bit after bit. */
function naiveScan({ planes, codes }: ScanCase): number[] {
  return codes.map((code) => {
    let sum = 0;
    for (const [b, plane] of planes.entries()) {
      const weight = b === planes.length - 1 ? -(2 ** b) : 2 ** b;
      for (const [i, byte] of code.entries()) {
        const common = byte & (plane[i] as number);
        for (let bit = 0; bit < 8; bit += 1) sum += ((common >> bit) & 1) * weight;
      }
    }
    return sum;
  });
}

function runScan(kernels: Kernels, given: ScanCase): number[] {
  const { planes, codes, gap = 0, planesAt = 0, codesAt = 0 } = given;
  const codeBytes = (planes[0] as Uint8Array).length;
  const padded = Math.ceil(codeBytes / 16) * 16;
  const planeBytes = new Uint8Array(planes.length * padded);
  for (const [b, plane] of planes.entries()) planeBytes.set(plane, b * padded);
  const stride = codeBytes + gap;
  // Between the codes are ones, which would be counted if they were taken for bits of a code.
  const rows = new Uint8Array(codes.length === 0 ? 0 : codes.length * stride - gap).fill(0xff);
  for (const [row, code] of codes.entries()) rows.set(code, row * stride);
  const arena = layOut(kernels, [
    { bytes: planeBytes, misalignment: planesAt },
    resultsOf(codes.length),
    { bytes: rows, misalignment: codesAt },
  ]);
  const [planesOffset, out, rowsOffset] = arena.offsets as [number, number, number];
  kernels.scanOneBit(planesOffset, planes.length, rowsOffset, codeBytes, stride, codes.length, out);
  expect(arena.isUntouched()).toBe(true);
  return [...new Int32Array(kernels.buffer, out, codes.length)];
}

function expectExact(given: ScanCase, expected = naiveScan(given)) {
  for (const kernels of targets) {
    expect(runScan(kernels, given), kernels.target).toEqual(expected);
  }
}

function several(count: number, bytes: number, random: () => number): Uint8Array[] {
  return Array.from({ length: count }, () => randomBytes(bytes, random));
}

const PLANE_COUNTS = Array.from({ length: PLANES_MAX }, (_, i) => i + 1);

describe('scanOneBit on both targets', () => {
  it.each(PLANE_COUNTS)('equals a naive loop with %i planes', (planeCount) => {
    // 496 bytes are one block of the kernel; 512 are the 4,096 dimensions this project stores.
    for (const codeBytes of [1, 2, 7, 8, 15, 16, 17, 48, 125, 192, 384, 495, 496, 497, 512, 1000]) {
      const random = seededRandom(100 * codeBytes + planeCount);
      const planes = several(planeCount, codeBytes, random);
      expectExact({ planes, codes: several(3, codeBytes, random) });
    }
  });

  it('equals a naive loop for any codes at any offsets and strides', () => {
    const shape = {
      planeCount: fc.constantFrom(...PLANE_COUNTS, 6, 6, 6),
      codeBytes: fc.integer({ min: 1, max: 70 }),
      count: fc.nat({ max: 6 }),
      gap: fc.nat({ max: 21 }),
      seed: fc.nat(),
      planesAt: fc.nat({ max: 15 }),
      codesAt: fc.nat({ max: 15 }),
    };
    fc.assert(
      fc.property(fc.record(shape), ({ planeCount, codeBytes, count, seed, ...places }) => {
        const random = seededRandom(seed);
        const planes = several(planeCount, codeBytes, random);
        expectExact({ planes, codes: several(count, codeBytes, random), ...places });
      }),
    );
  });

  it.each(PLANE_COUNTS)('loses no carry where the bits of %i planes are set', (planeCount) => {
    for (const codeBytes of [496, 512, 992, 4096]) {
      const ones = new Uint8Array(codeBytes).fill(0xff);
      const none = new Uint8Array(codeBytes);
      const heaviest = 2 ** (planeCount - 1);
      const allPlanes = new Array<Uint8Array>(planeCount).fill(ones);
      expectExact({ planes: allPlanes, codes: [ones, ones] }, [-8 * codeBytes, -8 * codeBytes]);
      const positive = allPlanes.with(-1, none);
      expectExact({ planes: positive, codes: [ones] }, [8 * codeBytes * (heaviest - 1)]);
      const negative = new Array<Uint8Array>(planeCount).fill(none).with(-1, ones);
      expectExact({ planes: negative, codes: [ones] }, [-8 * codeBytes * heaviest]);
    }
  });

  it('is exact at the greatest length', () => {
    const ones = new Uint8Array(CODE_BYTES_MAX).fill(0xff);
    const none = new Uint8Array(CODE_BYTES_MAX);
    const sum = -8 * CODE_BYTES_MAX * 128;
    expect(sum).toBeGreaterThanOrEqual(-(2 ** 31));
    const planes = new Array<Uint8Array>(8).fill(none).with(-1, ones);
    expectExact({ planes, codes: [ones] }, [sum]);
  });

  it.each([0, 1, 2, 500])('writes %i results and nothing else', (count) => {
    const random = seededRandom(count);
    expectExact({ planes: several(6, 48, random), codes: several(count, 48, random), gap: 3 });
  });
});
