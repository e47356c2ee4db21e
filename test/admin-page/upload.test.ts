import { describe, expect, it } from 'vitest';
import type { StagedPart } from '../../static/admin/src/calls/contract';
import type { GivenFile } from '../../static/admin/src/files/split-files';
import { type UploadProgress, upload } from '../../static/admin/src/files/upload';

function fileOf(name: string, bytes: Uint8Array): GivenFile {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.slice(start, end),
  };
}

/** Joins parts as the app does. */
function joined(parts: readonly StagedPart[], name: string): Buffer {
  const own = parts.filter((part) => part.name === name).sort((a, b) => a.part - b.part);
  return Buffer.from(own.map(({ content }) => content).join(''), 'base64');
}

const LARGE = Uint8Array.from({ length: 1_000_001 }, (_, i) => (i * 31) % 256);
const SMALL = new TextEncoder().encode('# Ünïcödé\n');
const FILES = [fileOf('large.md', LARGE), fileOf('small.md', SMALL)];

describe('upload', () => {
  it('sends every document so that its parts join to its bytes', async () => {
    const parts: StagedPart[] = [];
    const calls: number[] = [];
    const count = await upload({
      files: FILES,
      from: 0,
      stage: async (call, documents) => {
        calls.push(call);
        parts.push(...documents);
      },
      onProgress: () => undefined,
    });
    expect(calls).toEqual(Array.from({ length: count }, (_, call) => call));
    expect(joined(parts, 'large.md').equals(LARGE)).toBe(true);
    expect(joined(parts, 'small.md').equals(SMALL)).toBe(true);
  });

  it('goes on with the call that failed, and sends the same', async () => {
    const arrived = new Map<number, string>();
    let last: UploadProgress | undefined;
    let failuresLeft = 1;
    const attempt = (from: number) =>
      upload({
        files: FILES,
        from,
        stage: async (call, documents) => {
          if (call === 1 && failuresLeft-- > 0) throw new Error('no connection');
          arrived.set(call, JSON.stringify(documents));
        },
        onProgress: (progress) => {
          last = progress;
        },
      });
    await expect(attempt(0)).rejects.toThrow('no connection');
    expect(last).toMatchObject({ sent: 1 });
    const count = await attempt(last?.sent ?? 0);
    expect([...arrived.keys()]).toEqual(Array.from({ length: count }, (_, call) => call));
    const bytes = LARGE.length + SMALL.length;
    expect(last).toEqual({ calls: count, sent: count, bytes, sentBytes: bytes });
  });
});
