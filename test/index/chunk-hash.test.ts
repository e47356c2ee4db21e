/** The hash by which a chunk is known again: of what its record holds besides the vector. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import { CHUNK_HASH_CHARACTERS } from '../../src/index/document-table';
import { prepareDocument, recordHash } from '../../src/index/prepare-document';
import { loadRecords, loadSegmentDocuments } from '../../src/index/reader';
import { openIndexSite } from '../support/index-site';

const RECORD = {
  document: 'a.md',
  headings: ['Release', 'Größe'],
  lead: '| a |\n',
  text: 'Two reviewers approve. 🚀',
  trail: '```',
};

describe('the hash of a chunk', () => {
  it('is the first 8 bytes of the SHA-256 of the fields of its record, as format.md says', () => {
    const json = '["a.md",["Release","Größe"],"| a |\\n","Two reviewers approve. 🚀","```"]';
    const bytes = createHash('sha256').update(json, 'utf8').digest().subarray(0, 8);
    expect(recordHash(RECORD)).toBe(bytes.toString('base64url'));
    expect(recordHash(RECORD)).toHaveLength(CHUNK_HASH_CHARACTERS);
  });

  it.each([
    { document: 'b.md' },
    { headings: ['Release'] },
    { headings: ['Release", "Größe'] },
    { lead: '' },
    { text: 'Two reviewers approve.' },
    { trail: '' },
    { lead: '| a |\nT', text: 'wo reviewers approve. 🚀' },
  ])('differs where anything does: %j', (change) => {
    expect(recordHash({ ...RECORD, ...change })).not.toBe(recordHash(RECORD));
  });

  it('stays when the chunk only moves', () => {
    const of = (text: string) => {
      const prepared = prepareDocument({ name: 'a.md', bytes: Buffer.from(text) });
      return prepared.chunks.map((chunk) =>
        recordHash({
          ...chunk,
          document: prepared.name,
          text: prepared.text.slice(chunk.start, chunk.end),
        }),
      );
    };
    const part = (number: number) =>
      `# Part ${number}\n\n${'These words fill it up. '.repeat(20)}\n\n`;
    const before = of(part(1) + part(2) + part(3));
    const after = of(part(0) + part(1) + part(2) + part(3));
    expect(before).toHaveLength(3);
    expect(after.slice(1)).toEqual(before);
  });

  it('stands in the document table as the record gives it', async () => {
    const site = await openIndexSite();
    const rule = (number: number) =>
      `## Rule ${number}\n\n| a | b |\n|--|--|\n| 1 | ${number} |\n\n`;
    await site.index({
      'a.md': Array.from({ length: 50 }, (_, i) => rule(i)).join(''),
      'b.md': 'B.',
    });
    await site.run(async ({ entities, kv }) => {
      const library = findLibrary((await loadCatalogue(entities)).libraries, 'rules');
      const [segment] = await loadSegmentDocuments(kv, library.id, library.segments);
      const chunks = segment?.documents.flatMap((document) => document.chunks) ?? [];
      const records = await loadRecords(
        kv,
        chunks.map((chunk) => ({ library, chunk })),
      );
      expect(chunks.length).toBeGreaterThan(2);
      expect(chunks.map(({ hash }) => hash)).toEqual(records.map(recordHash));
    });
    await site.close();
  });
});
