import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INVOKE_REQUEST_BYTES_MAX } from '../../src/platform/limits';
import { CALL_BYTES_MAX, planCalls, toBase64 } from '../../static/admin/src/files/split-files';

const sized = (name: string, sizeBytes: number) => ({ name, sizeBytes });

/** The bytes of a call as it goes over the wire, its contents being of the planned length. */
function callBytes(files: readonly { name: string }[], parts: ReturnType<typeof planCalls>[0]) {
  const documents = parts.map(({ file, part, parts: count, start, end }) => ({
    name: files[file]?.name,
    part,
    parts: count,
    content: 'A'.repeat(4 * Math.ceil((end - start) / 3)),
  }));
  const payload = { jobId: 'f'.repeat(64), call: 4_999, documents };
  return Buffer.byteLength(
    JSON.stringify({ call: { functionKey: 'stageDocuments', payload }, context: {} }),
  );
}

describe('planCalls', () => {
  it('lets small documents share a call', () => {
    const calls = planCalls([sized('a.md', 10), sized('b.md', 0), sized('c.md', 20)]);
    expect(calls).toEqual([
      [
        { file: 0, part: 0, parts: 1, start: 0, end: 10 },
        { file: 1, part: 0, parts: 1, start: 0, end: 0 },
        { file: 2, part: 0, parts: 1, start: 0, end: 20 },
      ],
    ]);
  });

  it('plans nothing for nothing', () => {
    expect(planCalls([])).toEqual([]);
  });

  it('puts no more than 500 documents into a call', () => {
    const files = Array.from({ length: 1_001 }, (_, i) => sized(`${i}.md`, 1));
    expect(planCalls(files).map((parts) => parts.length)).toEqual([500, 500, 1]);
  });

  it('cuts a large document into parts whose base64 joins', () => {
    const calls = planCalls([sized('large.md', 1_000_000)]);
    const parts = calls.flat();
    expect(parts.length).toBeGreaterThan(2);
    for (const { start, parts: count } of parts) {
      expect(start % 3).toBe(0);
      expect(count).toBe(parts.length);
    }
  });

  it('covers every byte once, in order, and keeps each call within what Forge takes', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 });
    const file = fc.record({ name, sizeBytes: fc.integer({ min: 0, max: 2_000_000 }) });
    fc.assert(
      fc.property(fc.array(file, { maxLength: 12 }), (files) => {
        const calls = planCalls(files);
        for (const parts of calls) {
          expect(callBytes(files, parts)).toBeLessThanOrEqual(INVOKE_REQUEST_BYTES_MAX);
        }
        for (const [index, { sizeBytes }] of files.entries()) {
          const own = calls.flat().filter((part) => part.file === index);
          expect(own.map(({ part }) => part)).toEqual(own.map((_, at) => at));
          expect(own[0]?.start).toBe(0);
          expect(own.at(-1)?.end).toBe(sizeBytes);
          for (const [at, { end }] of own.slice(0, -1).entries()) {
            expect(own[at + 1]?.start).toBe(end);
          }
        }
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it('refuses a name that leaves no room', () => {
    expect(() => planCalls([sized('a'.repeat(200), 1)], 250)).toThrow('no room');
    expect(CALL_BYTES_MAX).toBeLessThan(INVOKE_REQUEST_BYTES_MAX);
  });
});

describe('toBase64', () => {
  it('encodes bytes of every value', () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });
});
