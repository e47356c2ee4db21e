import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type DocumentEntry,
  decodeDocuments,
  ERASED_DOCUMENT,
  encodeDocuments,
} from '../../src/index/document-table';
import { PART_BYTES_MAX } from '../../src/index/envelope';
import { documentsKey } from '../../src/index/keys';
import { toItem } from '../../src/index/stored-item';
import type { JsonValue } from '../../src/platform/ports';
import { codeThrownBy } from '../support/error-code';

const LIBRARY = '0123456789abcdef';
const SEGMENT = { id: 'fedcba9876543210', documentsJob: 'fedcba9876543210' };
type Part = { key: string; value: JsonValue };

function documentOf(name: string, chunks: number, job: string | string[] = SEGMENT.id) {
  const refs = Array.from({ length: chunks }, (_, i) => {
    const id = typeof job === 'string' ? job : (job[i % job.length] as string);
    const hash = createHash('sha256').update(`${i}`).digest().subarray(0, 8).toString('base64url');
    return { start: i * 1_200, end: (i + 1) * 1_200, job: id, record: i, hash };
  });
  return { name, hash: 'ab'.repeat(32), chunks: refs };
}

function many(count: number, name: string): DocumentEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const number = String(i).padStart(6, '0');
    return documentOf(`${number}${name}`.slice(0, 400), 1, number.padStart(16, 'f'));
  });
}

const jobs = (count: number) =>
  Array.from({ length: count }, (_, i) => i.toString(16).padStart(16, '0'));

/** The parts as a reader finds them, through JSON. */
function store(bodies: readonly string[]): Part[] {
  return bodies.map((body, part) => {
    const { key, value } = toItem('documents', documentsKey(LIBRARY, SEGMENT, part), body);
    return { key, value: JSON.parse(JSON.stringify(value)) as JsonValue };
  });
}

function sizeOf(documents: readonly DocumentEntry[]) {
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  return { documents: documents.length, chunks, liveChunks: chunks };
}

describe('a document table', () => {
  it.each([
    ['no documents', []],
    ['one chunk', [documentOf('a.md', 1)]],
    ['a document without chunks among others', [documentOf('a', 2), documentOf('b', 0)]],
    ['any order', [documentOf('z', 2), documentOf('a', 1), documentOf('m', 1)]],
    ['awkward names', [documentOf('"\\/漢字 👩‍💻', 2), documentOf("z'", 1)]],
    ['jobs of each document', [documentOf('a', 3, 'aa'), documentOf('b', 2, 'bb')]],
    ['documents of several jobs', [documentOf('a', 9, jobs(4)), documentOf('b', 9, jobs(7))]],
    ['exactly one full row', [documentOf('a', 3_500), documentOf('b', 1)]],
    ['a chunk more than that', [documentOf('a', 3_501), documentOf('b', 1)]],
  ])('comes back as it was: %s', (_, documents) => {
    const parts = store(encodeDocuments(documents));
    expect(decodeDocuments(parts, sizeOf(documents))).toEqual(documents);
  });

  it.each([
    ['a document of 20,000 chunks', [documentOf('handbook.md', 20_000)]],
    ['a document of 9,000 chunks of 3,000 jobs', [documentOf('handbook.md', 9_000, jobs(3_000))]],
    ['chunks that are each of their own job', [documentOf('漢"'.repeat(200), 9_000, jobs(9_000))]],
    ['many documents of long names', many(3_000, '漢字"\\'.repeat(100))],
    ['many documents, each of its own job', many(6_000, 'x')],
  ])('splits %s into parts that fit and comes back', (_, documents) => {
    const parts = store(encodeDocuments(documents));
    expect(parts.length).toBeGreaterThan(1);
    for (const { value } of parts) {
      expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThanOrEqual(PART_BYTES_MAX);
    }
    expect(decodeDocuments(parts, sizeOf(documents))).toEqual(documents);
  });

  it('keeps the ordinals of all others when documents are taken out of it', () => {
    const sealed = [documentOf('a', 2), documentOf('b', 3), documentOf('c', 1), documentOf('d', 1)];
    const left = sealed.map((document, i) => (i === 1 || i === 2 ? ERASED_DOCUMENT : document));
    const size = { documents: 4, chunks: 7, liveChunks: 3 };
    const back = decodeDocuments(store(encodeDocuments(left)), size);
    expect(back).toEqual(left);
    expect(back[3]?.name).toBe('d');
    for (const wrong of [{ documents: 3 }, { chunks: 2 }, { liveChunks: 4 }]) {
      const parts = store(encodeDocuments(left));
      expect(codeThrownBy(() => decodeDocuments(parts, { ...size, ...wrong }))).toBe(
        'value_corrupt',
      );
    }
  });
});

describe('a damaged document table', () => {
  const documents = [documentOf('a.md', 2), documentOf('b.md', 1)];
  const size = sizeOf(documents);
  const [body] = encodeDocuments(documents) as [string];
  const codeOf = (parts: readonly Part[], expected = size) =>
    codeThrownBy(() => decodeDocuments(parts, expected));

  it('is reported when a part is missing, doubled or in another place', () => {
    const all = many(6_000, 'x');
    const parts = store(encodeDocuments(all));
    const [first, second, ...rest] = parts as [Part, Part, ...Part[]];
    const wrong: Part[][] = [
      [],
      [first],
      [second, ...rest],
      [first, second, ...rest, first],
      [{ ...first, value: second.value }, { ...second, value: first.value }, ...rest],
    ];
    for (const list of wrong) expect(codeOf(list, sizeOf(all))).toBe('value_corrupt');
    expect(codeOf(parts, sizeOf(all))).toBeUndefined();
  });

  it('is reported when the manifest has other counts', () => {
    for (const other of [{ documents: 1 }, { documents: 3 }, { chunks: 2 }, { chunks: 4 }]) {
      expect(codeOf(store([body]), { ...size, ...other })).toBe('value_corrupt');
    }
  });

  it('is reported for every single character that differs or is cut off', () => {
    const [part] = store([body]) as [Part];
    const envelope = part.value as { body: string };
    for (let at = 0; at < body.length; at += 1) {
      const other = body[at] === 'A' ? 'B' : 'A';
      for (const changed of [body.slice(0, at), body.slice(0, at) + other + body.slice(at + 1)]) {
        expect(codeOf([{ ...part, value: { ...envelope, body: changed } }])).toBe('value_corrupt');
      }
    }
  });

  it('is reported when its writer was at fault, and throws nothing else', () => {
    for (const wrong of [
      '',
      'null',
      '[]',
      '{}',
      '{"jobs":[]}',
      '{"jobs":[],"documents":{}}',
      '{"jobs":[1],"documents":[]}',
      '{"jobs":[],"documents":[null]}',
      '{"jobs":[],"documents":[["a","h"]]}',
      '{"jobs":[],"documents":[["a",1,[],""]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0],"AAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,1,0],"AAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1.5,0,0],"AAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,-1],"AAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",["0",1,0,0],"AAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0]]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],7]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],""]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],"AAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],"AAAAAAAAAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],"AAAAA AAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[0,1,0,0],"AAAAA+AAAAA"]]}',
      '{"jobs":["j"],"documents":[["a","h",[],"AAAAAAAAAAA"]]}',
    ]) {
      expect(codeOf(store([wrong]), { documents: 1, chunks: 1, liveChunks: 1 }), wrong).toBe(
        'value_corrupt',
      );
    }
    for (let length = 0; length < body.length; length += 1) {
      expect(codeOf(store([body.slice(0, length)]))).toBe('value_corrupt');
    }
  });
});
