/**
 * "codebase-eval": questions about code with the chunks that answer them. Documents are given
 * whole, so that every system cuts and ranks them as it would; a golden chunk is marked by a line
 * of it that its document has once, the one nearest its middle. Pure.
 */

import type { JudgedLine } from './judged-set';

export interface CodeDocument {
  doc_id: string;
  original_uuid: string;
  content: string;
  chunks: { original_index: number; content: string }[];
}

export interface CodeQuestion {
  query: string;
  golden_chunk_uuids: [uuid: string, index: number][];
}

const LINE_CHARACTERS_MIN = 20;

/** A document's name; it ends as text, since code is read as such. */
export function nameOf({ doc_id }: Pick<CodeDocument, 'doc_id'>): string {
  return `${doc_id}.txt`;
}

/** Throws when a question names a chunk that no document has, or one that cannot be marked. */
export function codeQuestions(
  documents: readonly CodeDocument[],
  questions: readonly CodeQuestion[],
): JudgedLine[] {
  const byUuid = new Map(documents.map((document) => [document.original_uuid, document]));
  return questions.map(({ query, golden_chunk_uuids: golden }, i) => ({
    id: `code-${String(i + 1).padStart(3, '0')}`,
    query,
    relevant: golden.map(([uuid, index]) => {
      const document = byUuid.get(uuid);
      const chunk = document?.chunks.find((one) => one.original_index === index);
      const quote = document && chunk && markOf(chunk.content, document.content);
      if (quote === undefined) throw new Error(`question ${i + 1}: chunk ${index} of ${uuid}`);
      return { file: nameOf(document as CodeDocument), quote };
    }),
  }));
}

/** The line nearest the middle of a chunk that its document has once, else its whole middle. */
export function markOf(chunk: string, document: string): string | undefined {
  const middle = chunk.length / 2;
  let at = 0;
  const lines = chunk.split('\n').map((line) => {
    const distance = Math.abs(at + line.length / 2 - middle);
    at += line.length + 1;
    return { text: line.trim(), distance };
  });
  const isOnce = (text: string) => document.indexOf(text) === document.lastIndexOf(text);
  const [best] = lines
    .filter(({ text }) => text.length >= LINE_CHARACTERS_MIN && isOnce(text))
    .sort((a, b) => a.distance - b.distance);
  if (best !== undefined) return best.text;
  for (let reach = LINE_CHARACTERS_MIN; reach < chunk.length; reach += LINE_CHARACTERS_MIN) {
    const window = chunk.slice(Math.max(0, middle - reach), middle + reach).trim();
    if (isOnce(window)) return window;
  }
  return chunk.trim() === '' ? undefined : chunk.trim();
}
