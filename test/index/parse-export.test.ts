/** Exports that are whole, and exports to which anything was done. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createExportWriter } from '../../src/index/export-format';
import { parseExport } from '../../src/index/parse-export';
import { codeRejectedBy, codeThrownBy } from '../support/error-code';
import { ROOT } from '../support/project-files';
import { EXPORT_MANIFEST, EXPORTED, linesOf, read } from '../support/sample-export';

const LINES = linesOf();
const WHOLE = { manifest: EXPORT_MANIFEST, documents: EXPORTED };
const codeOf = (lines: Iterable<string>) => codeRejectedBy(read(lines));
const CODES = /^export_(invalid|truncated|order|counts|checksum)$/;

/** The lines under a last one whose checksum and number of lines are right. */
function resealed(lines: readonly string[]): string[] {
  const before = lines.slice(0, -1);
  const sha256 = createHash('sha256');
  for (const line of before) sha256.update(`${line}\n`);
  const end = JSON.parse(lines.at(-1) ?? '') as object;
  const last = { ...end, lines: before.length, sha256: sha256.digest('hex') };
  return [...before, JSON.stringify(last)];
}

/** One line changed as JSON, and all else made to fit. */
function changed(at: number, change: object): string[] {
  const line = { ...(JSON.parse(LINES[at] ?? '') as object), ...change };
  return resealed(LINES.with(at, JSON.stringify(line)));
}

describe('an export', () => {
  it('comes back as it was', async () => {
    expect(await read(LINES)).toEqual(WHOLE);
    expect(await read(resealed(LINES))).toEqual(WHOLE);
  });

  it('is read today as it was written once, and written the same', async () => {
    const golden = readFileSync(join(ROOT, 'test', 'golden', 'export', 'v1.jsonl'), 'utf8');
    expect(`${LINES.join('\n')}\n`).toBe(golden);
    expect(await read(golden.split('\n'))).toEqual(WHOLE);
  });

  it('comes back from a stream of lines too, whatever ends a line there', async () => {
    const input = Readable.from([`${LINES.join('\n')}\n`]);
    expect(await read(createInterface({ input, crlfDelay: Infinity }))).toEqual(WHOLE);
    expect(LINES.join('\n')).not.toMatch(/[\u2028\u2029]/);
  });

  it('may be of a library without documents', async () => {
    const manifest = { ...EXPORT_MANIFEST, documents: 0, chunks: 0 };
    expect(await read(linesOf([], manifest))).toEqual({ manifest, documents: [] });
  });

  it('gives each document before the next is read', async () => {
    let taken = 0;
    function* counted() {
      for (const line of LINES) {
        taken += 1;
        yield line;
      }
    }
    const { documents } = await parseExport(counted());
    const first = await documents[Symbol.asyncIterator]().next();
    expect(first.value).toEqual(EXPORTED[0]);
    expect(taken).toBe(4);
  });

  it('is not ended by a writer that has not written what was announced', () => {
    const writer = createExportWriter(EXPORT_MANIFEST);
    writer.manifest();
    expect(codeThrownBy(() => writer.end())).toBe('invariant_violated');
  });
});

describe('an export that was altered', () => {
  it('is refused wherever it is cut off, at a line or within one', async () => {
    for (let count = 1; count < LINES.length; count += 1) {
      expect(await codeOf(LINES.slice(0, count)), `${count} lines`).toBe('export_truncated');
    }
    const text = LINES.join('\n');
    const first = LINES[0]?.length ?? 0;
    for (let length = first + 1; length < text.length; length += 1) {
      expect(await codeOf(text.slice(0, length).split('\n'))).toBe('export_truncated');
    }
    expect(await codeOf([text.slice(0, 60)])).toBe('export_truncated');
    expect(await codeOf([text.slice(0, 20)])).toBe('export_invalid');
    expect(await codeOf([])).toBe('export_invalid');
    expect(await codeOf([''])).toBe('export_invalid');
  });

  it('is refused when any line is missing, doubled or changes places with any other', async () => {
    for (let a = 0; a < LINES.length; a += 1) {
      const without = LINES.toSpliced(a, 1);
      const doubled = LINES.toSpliced(a, 0, LINES[a] ?? '');
      expect(await codeOf(without), `without line ${a}`).toMatch(CODES);
      expect(await codeOf(doubled), `line ${a} twice`).toMatch(CODES);
      for (let b = a + 1; b < LINES.length; b += 1) {
        const exchanged = LINES.with(a, LINES[b] ?? '').with(b, LINES[a] ?? '');
        expect(await codeOf(exchanged), `lines ${a} and ${b}`).toMatch(CODES);
      }
    }
  });

  it('is told by its order where the order shows, checksum recomputed or not', async () => {
    const [manifest = '', a = '', a1 = '', a2 = '', b = '', b1 = '', b2 = '', b3 = '', ...rest] =
      LINES;
    for (const lines of [
      [manifest, a, a2, a1, b, b1, b2, b3, ...rest],
      [manifest, b, b1, b2, b3, a, a1, a2, ...rest],
      [manifest, a, a1, b, a2, b1, b2, b3, ...rest],
      [manifest, a, a1, a2, b1, b, b2, b3, ...rest],
      [manifest, a, a1, a2, a, a1, a2, b, b1, b2, b3, ...rest],
    ]) {
      expect(await codeOf(lines)).toBe('export_order');
      expect(await codeOf(resealed(lines))).toBe('export_order');
    }
    expect(await codeOf([...LINES, b])).toBe('export_order');
    expect(await codeOf([manifest, a, a1, a2, b, b2, b1, b3, ...rest])).toBe('export_order');
  });

  it('is told by its counts where they do not add up', async () => {
    const [manifest = '', a = '', a1 = '', a2 = '', ...rest] = LINES;
    expect(await codeOf(resealed([manifest, ...rest]))).toBe('export_counts');
    expect(await codeOf(resealed([manifest, a, a1, a2, LINES.at(-1) ?? '']))).toBe('export_counts');
    expect(await codeOf(resealed(LINES.toSpliced(-2, 1)))).toBe('export_counts');
    expect(await codeOf(changed(0, { chunks: 7 }))).toBe('export_counts');
    expect(await codeOf(changed(0, { documents: 2 }))).toBe('export_counts');
    const end = JSON.parse(LINES.at(-1) ?? '') as { lines: number };
    for (const wrong of [{ lines: 1 }, { documents: 4 }, { chunks: 5 }]) {
      expect(await codeOf(LINES.with(-1, JSON.stringify({ ...end, ...wrong })))).toBe(
        'export_counts',
      );
    }
  });

  it('is told by its checksum where nothing else shows it', async () => {
    const [, , chunk = ''] = LINES;
    const other = chunk.replace('# Release', '# release');
    expect(other).not.toBe(chunk);
    expect(await codeOf(LINES.with(2, other))).toBe('export_checksum');
    // The same JSON in other bytes.
    expect(await codeOf(LINES.with(2, chunk.replace(':', ': ')))).toBe('export_checksum');
    const end = { ...(JSON.parse(LINES.at(-1) ?? '') as object), sha256: 'ab'.repeat(32) };
    expect(await codeOf(LINES.with(-1, JSON.stringify(end)))).toBe('export_checksum');
  });

  it('is refused with any character of any line changed', async () => {
    for (const [at, line] of LINES.entries()) {
      for (let i = 0; i < line.length; i += 1) {
        const character = line[i] === '0' ? '1' : '0';
        const lines = LINES.with(at, line.slice(0, i) + character + line.slice(i + 1));
        expect(await codeOf(lines), `${at}: ${i}`).toMatch(/^(export_|format_newer)/);
      }
    }
  });

  it.each([
    ['a later version', 0, { version: 2 }, 'format_newer'],
    ['no version', 0, { version: null }, 'export_invalid'],
    ['another format', 0, { format: 'other' }, 'export_invalid'],
    ['a name that is none', 0, { library: ' ' }, 'export_invalid'],
    ['no fingerprint', 0, { fingerprint: null }, 'export_invalid'],
    ['projects that are none', 0, { projects: 'some' }, 'export_invalid'],
    [
      'other dimensions',
      0,
      { fingerprint: { ...EXPORT_MANIFEST.fingerprint, dimensions: 9 } },
      'export_invalid',
    ],
    ['a document without a name', 1, { document: '' }, 'export_invalid'],
    ['a document name with a control character', 1, { document: 'a\n' }, 'export_invalid'],
    ['a hash that is none', 1, { hash: 'abc' }, 'export_invalid'],
    ['a count that is none', 1, { chunks: -1 }, 'export_invalid'],
    ['a text of another length', 2, { text: 'x' }, 'export_invalid'],
    ['a place that is none', 2, { start: 0.5 }, 'export_invalid'],
    ['headings that are none', 2, { headings: 'x' }, 'export_invalid'],
    ['a scale of 0', 2, { scale: 0 }, 'export_invalid'],
    ['a scale that is no number', 2, { scale: null }, 'export_invalid'],
    ['a vector that is too short', 2, { vector: 'AAAA' }, 'export_invalid'],
    ['a vector that is no base64', 2, { vector: '?'.repeat(136) }, 'export_invalid'],
    [
      'a value of -128',
      2,
      { vector: Buffer.alloc(100, 0x80).toString('base64') },
      'export_invalid',
    ],
    ['an end without a checksum', -1, { sha256: 7 }, 'export_invalid'],
  ])('is refused with %s, checksum recomputed', async (_, at, change, code) => {
    const lines = at === -1 ? LINES : changed(at, change);
    const end = JSON.stringify({ ...(JSON.parse(LINES.at(-1) ?? '') as object), ...change });
    expect(await codeOf(at === -1 ? lines.with(-1, end) : lines)).toBe(code);
  });

  it('is refused with what is no line of it, and says which line it is', async () => {
    for (const line of ['null', '[]', '7', 'no JSON', '{}', '']) {
      const outcome = read(LINES.toSpliced(3, 0, line));
      await expect(outcome).rejects.toMatchObject({ code: 'export_invalid', facts: { line: 4 } });
    }
    expect(await codeOf(['{"no":"export"}'])).toBe('export_invalid');
    expect(await codeOf(['# A document', ''])).toBe('export_invalid');
  });
});
