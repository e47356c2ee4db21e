import { describe, expect, it } from 'vitest';
import {
  type ExportedDocument,
  type ExportHead,
  parseExport,
  writeExport,
} from '../../src/index/export-format';
import { codeRejectedBy } from '../support/error-code';

const HEAD: Omit<ExportHead, 'format' | 'version'> = {
  library: 'Regeln — 規則',
  projects: ['PAY'],
  fingerprint: {
    embedder: 'openai',
    model: 'text-embedding-3-small',
    modelId: 'openai:text-embedding-3-small:128',
    dimensions: 128,
    queryConvention: 'same',
    normalized: true,
    chunkerVersion: 1,
    embeddedTextVersion: 1,
    maskingVersion: 0,
  },
  generation: 3,
  documents: 2,
  chunks: 3,
};

const DOCUMENTS: ExportedDocument[] = [
  { name: 'a.md', hash: 'aa', chunks: [chunkOf('One.\n"quoted"', 1), chunkOf('Zwei ✓', 2)] },
  { name: 'b.md', hash: '', chunks: [chunkOf('3', 3)] },
];

describe('an export', () => {
  it('gives back what was written, without loss', async () => {
    const { head, documents } = await readAll(await writeAll());
    expect(head).toMatchObject(HEAD);
    expect(documents).toEqual(DOCUMENTS);
  });

  it('of an empty library is read too', async () => {
    const empty = { ...HEAD, documents: 0, chunks: 0 };
    const lines = await gather(writeExport(empty, each([])));
    expect((await readAll(lines)).documents).toEqual([]);
  });

  it('is refused when it ends after any of its lines', async () => {
    const lines = await writeAll();
    for (let kept = 0; kept < lines.length; kept += 1) {
      expect(await codeRejectedBy(readAll(lines.slice(0, kept)))).toBe('export_truncated');
    }
  });

  it('is refused when any two of its lines are exchanged', async () => {
    const lines = await writeAll();
    const codes = ['export_order', 'export_checksum', 'export_invalid'];
    for (let a = 0; a < lines.length; a += 1) {
      for (let b = a + 1; b < lines.length; b += 1) {
        const exchanged = [...lines];
        [exchanged[a], exchanged[b]] = [lines[b] as string, lines[a] as string];
        expect(codes).toContain(await codeRejectedBy(readAll(exchanged)));
      }
    }
  });

  it('is refused when a character of any line is another', async () => {
    const lines = await writeAll();
    const codes = ['export_order', 'export_checksum', 'export_invalid'];
    for (const [i, line] of lines.entries()) {
      const changed = [...lines];
      changed[i] = line.replace(/[a-z](?=[^a-z]*$)/, 'Q');
      expect(changed[i]).not.toBe(line);
      expect(codes).toContain(await codeRejectedBy(readAll(changed)));
    }
  });

  it('is refused with lines after its end', async () => {
    const lines = await writeAll();
    expect(await codeRejectedBy(readAll([...lines, lines[1] as string]))).toBe('export_order');
    expect((await readAll([...lines, '\n'])).documents).toHaveLength(2);
  });

  it('of a later version is refused by name, anything else as no export', async () => {
    const [first = '', ...rest] = await writeAll();
    const newer = first.replace('"version":1', '"version":2');
    expect(await codeRejectedBy(readAll([newer, ...rest]))).toBe('format_newer');
    for (const line of ['', '{}', 'PK\u0003\u0004', '{"format":"groundwork-export"}']) {
      expect(await codeRejectedBy(readAll([line, ...rest]))).toBe('export_invalid');
    }
  });

  it('is refused with a vector of other dimensions', async () => {
    const short = { ...chunkOf('x', 1), vector: { values: new Int8Array(64), scale: 1 } };
    const one = { ...HEAD, documents: 1, chunks: 1 };
    const lines = await gather(
      writeExport(one, each([{ name: 'a.md', hash: '', chunks: [short] }])),
    );
    expect(await codeRejectedBy(readAll(lines))).toBe('export_order');
  });
});

function chunkOf(text: string, seed: number) {
  const values = Int8Array.from({ length: 128 }, (_, i) => ((i * seed) % 255) - 127);
  const vector = { values, scale: 0.01 * seed };
  return { start: 0, end: text.length, headings: ['H', 'h'], lead: '', text, trail: '', vector };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function gather(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

function writeAll(): Promise<string[]> {
  return gather(writeExport(HEAD, each(DOCUMENTS)));
}

async function readAll(lines: readonly string[]) {
  const parsed = await parseExport(each(lines.map((line) => line.replace(/\n$/, ''))));
  const documents: ExportedDocument[] = [];
  for await (const document of parsed.documents) documents.push(document);
  return { head: parsed.head, documents };
}
