import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKernels, DIMENSIONS_MAX, RESERVED_MAX } from '../../src/kernels/kernels';
import { ROOT } from '../support/project-files';

const TARGETS = ['typescript', 'wasm-simd128'] as const;

/** What a Node started with these flags says. */
function runWith(flags: readonly string[]) {
  const script = join(import.meta.dirname, 'print-target.ts');
  const command = [...flags, '--import', 'tsx', script];
  // Node warns on standard error that it is without WebAssembly.
  const said = execFileSync(process.execPath, command, { cwd: ROOT, stdio: 'pipe' });
  return JSON.parse(said.toString());
}

describe('the target', () => {
  const refusal = expect.stringMatching(/^RangeError: createKernels: target is wasm-simd128, but /);

  it('is WebAssembly where there is simd128', () => {
    expect(runWith([])).toEqual({ target: 'wasm-simd128', dot: 32, refusal: '' });
  });

  it('is TypeScript where there is no WebAssembly', () => {
    expect(runWith(['--jitless'])).toEqual({ target: 'typescript', dot: 32, refusal });
  });

  it.skipIf(process.arch !== 'x64')('is TypeScript where WebAssembly has no simd128', () => {
    expect(runWith(['--no-enable-sse4-1'])).toEqual({ target: 'typescript', dot: 32, refusal });
  });

  it.each(TARGETS)('is %s when asked for', (target) => {
    expect(createKernels({ target }).target).toBe(target);
  });
});

describe.each(TARGETS)('the memory of %s', (target) => {
  it('is zeros, and shared with no other instance', () => {
    const one = createKernels({ target });
    const other = createKernels({ target });
    one.reserve(1000);
    other.reserve(1000);
    new Uint8Array(one.buffer).fill(7);
    expect(new Uint8Array(other.buffer).every((byte) => byte === 0)).toBe(true);
    one.dotInt8Rows(0, 100, 10, 10, 400);
    expect(new Uint8Array(other.buffer).every((byte) => byte === 0)).toBe(true);
    expect(new Uint8Array(createKernels({ target }).buffer).every((byte) => byte === 0)).toBe(true);
  });

  it('grows, keeps what is there, and never shrinks', () => {
    const kernels = createKernels({ target });
    kernels.reserve(10);
    new Uint8Array(kernels.buffer)[9] = 42;
    kernels.reserve(1_000_000);
    expect(kernels.buffer.byteLength).toBeGreaterThanOrEqual(1_000_016);
    const view = new Uint8Array(kernels.buffer);
    expect(view[9]).toBe(42);
    expect(view.subarray(10).every((byte) => byte === 0)).toBe(true);
    const { buffer } = kernels;
    kernels.reserve(5);
    expect(kernels.buffer).toBe(buffer);
    expect(() => kernels.hadamard(999_996, 1)).not.toThrow();
  });

  it.each([65_519, 65_520, 65_521, 131_072])('has spare bytes behind %i reserved', (bytes) => {
    const kernels = createKernels({ target });
    kernels.reserve(bytes);
    expect(kernels.buffer.byteLength).toBeGreaterThanOrEqual(bytes + 16);
    expect(kernels.buffer.byteLength % 65_536).toBe(0);
  });

  it.each([RESERVED_MAX + 1, -1, 0.5, Number.NaN])('cannot reserve %d bytes', (bytes) => {
    const message = `reserve: bytes is ${bytes}, expected an integer from 0 to ${RESERVED_MAX}`;
    expect(() => createKernels({ target }).reserve(bytes)).toThrow(new RangeError(message));
  });
});

it('WebAssembly can have all that may be reserved', () => {
  const kernels = createKernels({ target: 'wasm-simd128' });
  kernels.reserve(RESERVED_MAX);
  kernels.hadamard(RESERVED_MAX - 16, 4);
  kernels.dotInt8Rows(RESERVED_MAX - 1, RESERVED_MAX - 1, 1, 1, 0);
  expect(kernels.buffer.byteLength).toBeGreaterThanOrEqual(RESERVED_MAX + 16);
});

describe.each(TARGETS)('the arguments of %s', (target) => {
  const kernels = createKernels({ target });
  kernels.reserve(1000);

  it.each<[string, () => unknown, string]>([
    ['a query behind the end', () => kernels.dotInt8Rows(991, 0, 1, 10, 100), 'query takes 10 byt'],
    [
      'a negative offset',
      () => kernels.dotInt8Rows(-1, 0, 1, 10, 100),
      'query takes 10 bytes at -1',
    ],
    ['a fraction', () => kernels.dotInt8Rows(0.5, 0, 1, 10, 100), 'query takes 10 bytes at 0.5'],
    ['rows behind the end', () => kernels.dotInt8Rows(0, 10, 100, 10, 0), 'rows takes 1000 bytes'],
    ['results behind it', () => kernels.dotInt8Rows(0, 10, 2, 10, 996), 'out takes 8 bytes at 996'],
    ['results at 2', () => kernels.dotInt8Rows(0, 10, 2, 10, 102), 'expected a multiple of 4'],
    ['no dimensions', () => kernels.dotInt8Rows(0, 10, 2, 0, 100), 'from 1 to 131071'],
    ['too many', () => kernels.dotInt8Rows(0, 0, 1, DIMENSIONS_MAX + 1, 0), 'from 1 to 131071'],
    ['a negative count', () => kernels.dotInt8Rows(0, 0, -1, 10, 0), 'count is -1'],
    ['no planes', () => kernels.scanOneBit(0, 0, 0, 10, 10, 1, 100), 'planeCount is 0'],
    ['nine planes', () => kernels.scanOneBit(0, 9, 0, 10, 10, 1, 100), 'planeCount is 9'],
    ['codes of nothing', () => kernels.scanOneBit(0, 6, 0, 0, 10, 1, 100), 'codeBytes is 0'],
    ['overlapping codes', () => kernels.scanOneBit(0, 6, 0, 10, 9, 1, 100), 'stride is 9'],
    ['planes without zeros', () => kernels.scanOneBit(990, 1, 0, 10, 10, 1, 0), 'planes takes 16'],
    ['codes behind', () => kernels.scanOneBit(0, 1, 900, 10, 30, 5, 0), 'codes takes 130 bytes'],
    ['12 values', () => kernels.hadamard(0, 12), 'expected a power of two'],
    ['no values', () => kernels.hadamard(0, 0), 'length is 0'],
    ['values behind the end', () => kernels.hadamard(512, 128), 'values takes 512 bytes at 512'],
    ['values at 2', () => kernels.hadamard(2, 4), 'expected a multiple of 4'],
    ['no rows', () => kernels.nearestRow(0, 0, 0, 10, 0, 0, 0), 'count is 0'],
    ['scales behind', () => kernels.nearestRow(0, 0, 2, 1, 996, 0, 8), 'scales takes 8 bytes'],
    ['bias behind', () => kernels.nearestRow(0, 0, 2, 1, 0, 996, 8), 'bias takes 8 bytes'],
  ])('are checked: %s', (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });

  it('may touch the last byte reserved', () => {
    kernels.dotInt8Rows(990, 990, 1, 10, 0);
    kernels.scanOneBit(984, 1, 990, 10, 10, 1, 0);
    kernels.hadamard(996, 1);
    expect(new Uint8Array(kernels.buffer).every((byte) => byte === 0)).toBe(true);
  });

  it('say that nothing is reserved in a new instance', () => {
    const message = 'hadamard: values takes 16 bytes at 0, but 0 are reserved; reserve more before';
    expect(() => createKernels({ target }).hadamard(0, 4)).toThrow(new RangeError(message));
  });
});
