/**
 * The border check of a document: bytes become text here, or are refused with a code and a
 * remedy. A message never quotes the document.
 */

import { GroundworkError } from '../errors';
import { detectFormat } from './parse-document';
import { isBlank } from './text-scan';

/**
 * Largest document in bytes. One instruction text is rarely above 0.2 MB; 5 MB is some 900 pages,
 * still parsed and cut within one queue event.
 */
export const DOCUMENT_BYTES_MAX = 5_000_000;

const MAGICS: readonly { kind: string; bytes: readonly number[] }[] = [
  { kind: 'a PDF file', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { kind: 'a ZIP file (also .docx, .xlsx, .odt)', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { kind: 'a ZIP file (also .docx, .xlsx, .odt)', bytes: [0x50, 0x4b, 0x05, 0x06] },
  { kind: 'a PNG picture', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { kind: 'a GIF picture', bytes: [0x47, 0x49, 0x46, 0x38] },
  { kind: 'a JPEG picture', bytes: [0xff, 0xd8, 0xff] },
  {
    kind: 'an OLE file (old .doc, .xls, .ppt, .msg)',
    bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
  },
];

/** C0 but tab, line feed, form feed and carriage return; DEL; C1; surrogates; U+FFFE, U+FFFF. */
const REFUSED_CHARACTERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ufffe\uffff\p{Surrogate}]/gu;

/**
 * Decodes and checks a document; a UTF-8 byte order mark is removed.
 * **Errors**: `document_empty`, `document_too_large`, `document_binary`, `document_encoding`,
 * `document_control_characters`, `document_format_unknown`.
 */
export function admitDocument(name: string, bytes: Uint8Array): { content: string } {
  if (bytes.length === 0) throw emptyDocument(0);
  if (bytes.length > DOCUMENT_BYTES_MAX) throw tooLarge(bytes.length);
  refuseUtf16(bytes);
  refuseBinary(bytes);
  const content = decode(bytes);
  if (isBlank(content)) throw emptyDocument(bytes.length);
  refuseControlCharacters(content);
  detectFormat(name, content);
  return { content };
}

function emptyDocument(bytes: number): GroundworkError {
  const found = bytes === 0 ? 'no bytes' : `${bytes} bytes of nothing but white space`;
  return new GroundworkError({
    code: 'document_empty',
    message: `Document: found ${found}, expected text. Add text to it, or leave it out.`,
    facts: { bytes },
  });
}

function tooLarge(bytes: number): GroundworkError {
  return new GroundworkError({
    code: 'document_too_large',
    message:
      `Document: found ${bytes} bytes, expected at most ${DOCUMENT_BYTES_MAX}. Split it into ` +
      'several documents.',
    facts: { bytes, bytesMax: DOCUMENT_BYTES_MAX },
  });
}

function refuseUtf16(bytes: Uint8Array): void {
  const [first, second] = bytes;
  const littleEndian = first === 0xff && second === 0xfe;
  if (!littleEndian && !(first === 0xfe && second === 0xff)) return;
  const encoding = littleEndian ? 'UTF-16 LE' : 'UTF-16 BE';
  throw new GroundworkError({
    code: 'document_encoding',
    message: `Document: found ${encoding} text, expected UTF-8. Save it as UTF-8.`,
    facts: { encoding },
  });
}

function refuseBinary(bytes: Uint8Array): void {
  const magic = MAGICS.find((candidate) =>
    candidate.bytes.every((byte, position) => bytes[position] === byte),
  );
  if (magic !== undefined) {
    throw new GroundworkError({
      code: 'document_binary',
      message:
        `Document: found ${magic.kind}, expected text. Export it as markdown, text or HTML ` +
        'and add that file.',
      facts: { kind: magic.kind },
    });
  }
  const firstNulBytes = bytes.indexOf(0);
  if (firstNulBytes < 0) return;
  throw new GroundworkError({
    code: 'document_binary',
    message:
      `Document: found a NUL byte at byte ${firstNulBytes}, expected text. If it is a text file, ` +
      'save it as UTF-8; otherwise export it as markdown, text or HTML.',
    facts: { kind: 'NUL bytes', firstNulBytes },
  });
}

function decode(bytes: Uint8Array): string {
  try {
    // TextDecoder itself removes one byte order mark, so one that is left was there twice.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GroundworkError({
      code: 'document_encoding',
      message:
        `Document: its ${bytes.length} bytes are not valid UTF-8 (perhaps Windows-1252 or ` +
        'Shift_JIS). Save it as UTF-8.',
      facts: { encoding: 'unknown', bytes: bytes.length },
      cause,
    });
  }
}

function refuseControlCharacters(content: string): void {
  let count = 0;
  let firstOffset = -1;
  for (const match of content.matchAll(REFUSED_CHARACTERS)) {
    if (count === 0) firstOffset = match.index;
    count += 1;
  }
  if (count === 0) return;
  const codePoint = (content.codePointAt(firstOffset) ?? 0).toString(16).toUpperCase();
  const shown = `U+${codePoint.padStart(4, '0')}`;
  throw new GroundworkError({
    code: 'document_control_characters',
    message:
      `Document: found ${count} control characters, the first (${shown}) at offset ` +
      `${firstOffset}, expected none but tab, line ends and form feed. Remove them and add ` +
      'the document again.',
    facts: { count, firstOffset, codePoint: shown },
  });
}
