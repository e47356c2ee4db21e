import { describe, expect, it } from 'vitest';
import { DOCUMENT_BYTES_MAX } from '../../src/chunking/admit-document';
import { DOCUMENT_NAME_CHARACTERS_MAX } from '../../src/index/prepare-document';
import * as page from '../../static/admin/src/files/choose-files';

const fileOf = (name: string, sizeBytes = 1) => ({
  name,
  sizeBytes,
  read: async () => new Uint8Array(),
});

describe('addFiles', () => {
  it('takes what the app reads and says why it leaves out the rest', () => {
    const long = `${'a'.repeat(400)}.md`;
    const { files, leftOut } = page.addFiles(page.NOTHING_SELECTED, [
      fileOf('b.MD'),
      fileOf('a.adf.json'),
      fileOf('package.json'),
      fileOf('scan.pdf'),
      fileOf('large.txt', page.DOCUMENT_BYTES_MAX + 1),
      fileOf('limit.htm', page.DOCUMENT_BYTES_MAX),
      fileOf(long),
    ]);
    expect(files.map(({ name }) => name)).toEqual(['a.adf.json', 'b.MD', 'limit.htm']);
    expect(leftOut).toEqual([
      { name: long, code: 'document_name_invalid' },
      { name: 'large.txt', code: 'document_too_large' },
      { name: 'package.json', code: 'document_format_unknown' },
      { name: 'scan.pdf', code: 'document_format_unknown' },
    ]);
  });

  it('replaces what has the same name', () => {
    const first = page.addFiles(page.NOTHING_SELECTED, [fileOf('a.md', 1), fileOf('b.md', 2)]);
    const { files } = page.addFiles(first, [fileOf('a.md', 3)]);
    expect(files.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
      ['a.md', 3],
      ['b.md', 2],
    ]);
  });

  it('has the limits of the app', () => {
    expect(page.DOCUMENT_BYTES_MAX).toBe(DOCUMENT_BYTES_MAX);
    expect(page.NAME_CHARACTERS_MAX).toBe(DOCUMENT_NAME_CHARACTERS_MAX);
  });
});

describe('documentName', () => {
  it.each([
    ['rules.md', 'rules.md'],
    ['/rules.md', 'rules.md'],
    ['handbook/agile/rules.md', 'agile/rules.md'],
    ['/handbook/rules.md', 'rules.md'],
  ])('%s is named %s', (path, name) => {
    expect(page.documentName(path)).toBe(name);
  });
});
