/** Plain text → blocks: what blank lines set apart is a paragraph. There are no headings. */

import { isBlank, lineAt, nextLineOffset, skipSpace, trimEndOffset } from './text-scan';
import type { Block, ParsedDocument } from './types';

const NO_HEADINGS: readonly string[] = [];

/** The parsed text is the source itself. **Cost**: linear in the length of the text. */
export function parseText(source: string): ParsedDocument {
  const blocks: Block[] = [];
  let blockStart = -1;
  const close = (end: number): void => {
    if (blockStart < 0) return;
    const start = skipSpace(source, blockStart, end);
    const trimmedEnd = trimEndOffset(source, start, end);
    blocks.push({ kind: 'paragraph', start, end: trimmedEnd, headings: NO_HEADINGS });
    blockStart = -1;
  };
  for (let line = 0; line < source.length; line = nextLineOffset(source, line)) {
    if (isBlank(lineAt(source, line))) close(line);
    else if (blockStart < 0) blockStart = line;
  }
  close(source.length);
  return { format: 'text', text: source, blocks, metadata: { labels: [] } };
}
