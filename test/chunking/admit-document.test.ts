import { describe, expect, it } from 'vitest';
import { admitDocument, DOCUMENT_BYTES_MAX } from '../../src/chunking/admit-document';
import { GroundworkError } from '../../src/errors';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(name: string, bytes: Uint8Array): GroundworkError {
  try {
    admitDocument(name, bytes);
  } catch (error) {
    if (GroundworkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('the document was admitted');
}

describe('admitted', () => {
  it('gives the text as it stands', () => {
    const text = 'Zoë 😀\r\n\tカナ\f e\u0301\n';
    expect(admitDocument('a.md', encode(text)).content).toBe(text);
  });

  it('drops a UTF-8 byte order mark', () => {
    expect(admitDocument('a.txt', encode('\ufeffx')).content).toBe('x');
  });

  it.each(['a.md', 'A.MARKDOWN', 'a.txt', 'a.html', 'a.htm', 'a.adf.json'])('%s', (name) => {
    expect(admitDocument(name, encode('x')).content).toBe('x');
  });

  it('takes .json that holds ADF', () => {
    const json = '{"type":"doc","version":1,"content":[]}';
    expect(admitDocument('a.json', encode(json)).content).toBe(json);
  });

  it('takes a document of exactly the largest size', () => {
    const bytes = new Uint8Array(DOCUMENT_BYTES_MAX).fill(0x61);
    expect(admitDocument('a.txt', bytes).content.length).toBe(5_000_000);
  });
});

describe('refused', () => {
  it.each([
    ['no bytes', ''],
    ['white space', ' \n\t\u00a0'],
    ['a byte order mark alone', '\ufeff'],
  ])('document_empty: %s', (_what, text) => {
    const bytes = encode(text);
    expect(refusal('a.md', bytes)).toMatchObject({
      code: 'document_empty',
      facts: { bytes: bytes.length },
    });
  });

  it('document_too_large', () => {
    const bytes = new Uint8Array(DOCUMENT_BYTES_MAX + 1).fill(0x61);
    const facts = { bytes: 5_000_001, bytesMax: 5_000_000 };
    expect(refusal('a.md', bytes)).toMatchObject({ code: 'document_too_large', facts });
  });

  it.each([
    ['PDF', [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31]],
    ['ZIP', [0x50, 0x4b, 0x03, 0x04]],
    ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d]],
    ['GIF', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
    ['JPEG', [0xff, 0xd8, 0xff, 0xe0]],
    ['OLE', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
  ])('document_binary: %s, named and with a remedy', (kind, bytes) => {
    const error = refusal('a.md', Uint8Array.from(bytes));
    expect(error.code).toBe('document_binary');
    expect(error.message).toContain(kind);
    expect(error.message).toMatch(/Export it as markdown, text or HTML/);
  });

  it('document_binary: NUL bytes', () => {
    expect(refusal('a.md', encode('ab\0'))).toMatchObject({
      code: 'document_binary',
      facts: { firstNulBytes: 2 },
    });
  });

  it.each([
    ['UTF-16 LE', [0xff, 0xfe, 0x61, 0x00]],
    ['UTF-16 BE', [0xfe, 0xff, 0x00, 0x61]],
  ])('document_encoding: %s by its byte order mark', (encoding, bytes) => {
    const error = refusal('a.md', Uint8Array.from(bytes));
    expect(error).toMatchObject({ code: 'document_encoding', facts: { encoding } });
    expect(error.message).toMatch(/Save it as UTF-8/);
  });

  it.each([
    ['Windows-1252', [0x5a, 0x6f, 0xeb, 0x20]],
    ['an encoded surrogate', [0x61, 0xed, 0xa0, 0x80]],
    ['a cut character', [0x61, 0xe3, 0x81]],
  ])('document_encoding: %s', (_what, bytes) => {
    expect(refusal('a.md', Uint8Array.from(bytes)).code).toBe('document_encoding');
  });

  it.each([
    ['backspace', 'U+0008', '\u0008'],
    ['vertical tab', 'U+000B', '\u000b'],
    ['DEL', 'U+007F', '\u007f'],
    ['a C1 control', 'U+0085', '\u0085'],
    ['a noncharacter', 'U+FFFE', '\ufffe'],
  ])('document_control_characters: %s', (_what, codePoint, character) => {
    const facts = { count: 2, firstOffset: 3, codePoint };
    expect(refusal('a.md', encode(`😀a${character}b${character}`))).toMatchObject({
      code: 'document_control_characters',
      facts,
    });
  });

  it.each([
    ['a.docx', 'x'],
    ['README', 'x'],
    ['md', 'x'],
    ['a.json', '{"type":"page"}'],
    ['a.json', 'not JSON'],
    ['a.json', '["doc"]'],
  ])('document_format_unknown: %s holding %s', (name, text) => {
    expect(refusal(name, encode(text)).code).toBe('document_format_unknown');
  });

  it('quotes nothing of the document', () => {
    const secret = 'SECRETWORD';
    const bad = [`${secret}\u0001`, `{"x":"${secret}"`, `${secret}\0`];
    for (const text of bad) {
      const error = refusal('a.json', encode(text));
      expect(JSON.stringify([error.message, error.facts])).not.toContain(secret);
    }
  });
});
