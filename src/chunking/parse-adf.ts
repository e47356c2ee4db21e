/**
 * Atlassian Document Format (JSON) → parsed text and blocks. The tree is walked with a stack of
 * its own, so nesting is limited by memory alone. A node type that is not known here is passed
 * through to its content: the format grows, and text must not be lost for it.
 */

import { GroundworkError } from '../errors';
import type { CellSpans } from './structured-table';
import { StructuredText } from './structured-text';
import type { ParsedDocument } from './types';

interface AdfNode {
  readonly type: string;
  readonly text?: unknown;
  readonly attrs?: unknown;
  readonly marks?: unknown;
  readonly content?: readonly unknown[];
}

type Step = { node: AdfNode; leaving: boolean };

interface NodeReading {
  enter?: (out: StructuredText, node: AdfNode) => void;
  leave?: (out: StructuredText, node: AdfNode) => void;
}

/**
 * Offsets are into the text this gives, not into the source. **Cost**: linear.
 * **Errors**: `document_adf_invalid`.
 */
export function parseAdf(source: string): ParsedDocument {
  const root = readRoot(source);
  const out = new StructuredText(source.length);
  const steps: Step[] = [{ node: root, leaving: false }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { node, leaving } = step;
    const reading = READINGS.get(node.type);
    if (leaving) {
      reading?.leave?.(out, node);
      continue;
    }
    reading?.enter?.(out, node);
    if (reading?.leave !== undefined) steps.push({ node, leaving: true });
    const content = node.content ?? [];
    for (let position = content.length - 1; position >= 0; position -= 1) {
      steps.push({ node: checkNode(content[position]), leaving: false });
    }
  }
  const { text, blocks, title } = out.finish();
  const parsed: ParsedDocument = { format: 'adf', text, blocks, metadata: { labels: [] } };
  if (title !== undefined) parsed.title = title;
  return parsed;
}

/** True when a text is JSON whose outermost node says that it is an ADF document. */
export function looksLikeAdf(source: string): boolean {
  try {
    const value: unknown = JSON.parse(source);
    return isObject(value) && value['type'] === 'doc';
  } catch {
    return false;
  }
}

/** What the colour and the picture of a panel say; a panel of one's own says nothing. */
const PANEL_NOTES: ReadonlyMap<string, string> = new Map(
  ['info', 'note', 'tip', 'success', 'warning', 'error'].map((type) => [type, `[${type}]`]),
);
const DECISION_MARKERS: ReadonlyMap<string, string> = new Map([
  ['DECIDED', '- [decided] '],
  ['UNDECIDED', '- [undecided] '],
]);

const enterParagraph = (out: StructuredText): void => out.breakBlock();
const paragraph: NodeReading = { enter: enterParagraph, leave: enterParagraph };
const card: NodeReading = { enter: (out, node) => out.addText(cardText(node)) };
const note: NodeReading = { enter: (out, node) => out.addText(macroNote(node)) };
const titled: NodeReading = {
  enter: (out, node) => {
    out.enterIntroduction();
    out.addText(attribute(node, 'title'));
    out.leaveIntroduction();
  },
  leave: enterParagraph,
};
const itemList: NodeReading = {
  enter: (out) => out.enterList(),
  leave: (out) => out.leaveList(),
};
const taskItem: NodeReading = {
  enter: (out, node) => {
    out.enterItem(attribute(node, 'state') === 'DONE' ? '- [x] ' : '- [ ] ');
  },
  leave: (out) => out.leaveItem(),
};
const picture: NodeReading = {
  enter: (out, node) => {
    const alternative = attribute(node, 'alt');
    if (alternative !== '') out.addText(alternative);
  },
};
const leaveQuote = (out: StructuredText): void => out.leaveQuote();
const setOff: NodeReading = { enter: (out) => out.enterQuote(), leave: leaveQuote };
const panel: NodeReading = {
  enter: (out, node) => out.enterQuote(PANEL_NOTES.get(attribute(node, 'panelType'))),
  leave: leaveQuote,
};
const blockNote: NodeReading = {
  enter: (out, node) => {
    out.breakBlock();
    if ((node.content ?? []).length === 0) out.addText(macroNote(node));
  },
  leave: enterParagraph,
};

const READINGS: ReadonlyMap<string, NodeReading> = new Map<string, NodeReading>([
  ['text', { enter: addOwnText }],
  ['paragraph', paragraph],
  ['caption', paragraph],
  ['layoutSection', paragraph],
  ['layoutColumn', paragraph],
  ['mediaSingle', paragraph],
  ['mediaGroup', paragraph],
  [
    'heading',
    {
      enter: (out, node) => out.enterHeading(numberAttribute(node, 'level') ?? 1),
      leave: (out) => out.leaveHeading(),
    },
  ],
  ['bulletList', itemList],
  ['taskList', itemList],
  ['decisionList', itemList],
  [
    'orderedList',
    {
      enter: (out, node) => out.enterList(numberAttribute(node, 'order') ?? 1),
      leave: (out) => out.leaveList(),
    },
  ],
  ['listItem', { enter: (out) => out.enterItem(), leave: (out) => out.leaveItem() }],
  ['taskItem', taskItem],
  ['blockTaskItem', taskItem],
  [
    'decisionItem',
    {
      enter: (out, node) => out.enterItem(DECISION_MARKERS.get(attribute(node, 'state'))),
      leave: (out) => out.leaveItem(),
    },
  ],
  [
    'codeBlock',
    {
      enter: (out, node) => out.enterCode(attribute(node, 'language').replace(/[^\w+#.-]/g, '')),
      leave: (out) => out.leaveCode(),
    },
  ],
  ['blockquote', setOff],
  ['panel', panel],
  ['expand', titled],
  ['nestedExpand', titled],
  ['table', { enter: (out) => out.enterTable(), leave: (out) => out.leaveTable() }],
  ['tableRow', { enter: (out) => out.enterRow() }],
  ['tableCell', { enter: (out, node) => out.enterCell(false, spansOf(node)) }],
  ['tableHeader', { enter: (out, node) => out.enterCell(true, spansOf(node)) }],
  ['rule', { enter: (out) => out.rule() }],
  ['hardBreak', { enter: (out) => out.lineBreak() }],
  ['mention', { enter: (out, node) => out.addText(attribute(node, 'text') || '@mention') }],
  [
    'emoji',
    {
      enter: (out, node) => {
        out.addText(attribute(node, 'text') || attribute(node, 'shortName'));
      },
    },
  ],
  ['date', { enter: (out, node) => out.addText(dayOf(attribute(node, 'timestamp'))) }],
  ['status', { enter: (out, node) => out.addText(attribute(node, 'text')) }],
  ['placeholder', { enter: (out, node) => out.addText(attribute(node, 'text')) }],
  ['inlineCard', card],
  ['blockCard', { enter: (out, node) => addAlone(out, cardText(node)) }],
  ['embedCard', { enter: (out, node) => addAlone(out, cardText(node)) }],
  ['media', picture],
  ['mediaInline', picture],
  ['inlineExtension', note],
  ['extension', blockNote],
  ['bodiedExtension', blockNote],
]);

function readRoot(source: string): AdfNode {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // The parser's own message quotes the document, so it is not kept as the cause.
    throw invalid('the document is not valid JSON');
  }
  if (!isObject(value) || value['type'] !== 'doc' || !Array.isArray(value['content'])) {
    throw invalid('the outermost node is not {"type":"doc","content":[…]}');
  }
  return checkNode(value);
}

function checkNode(value: unknown): AdfNode {
  if (!isObject(value) || typeof value['type'] !== 'string') {
    throw invalid('a node is not an object with a "type"');
  }
  if (value['content'] !== undefined && !Array.isArray(value['content'])) {
    throw invalid('the "content" of a node is not an array');
  }
  if (value['type'] === 'text' && typeof value['text'] !== 'string') {
    throw invalid('a text node has no "text"');
  }
  return value as unknown as AdfNode;
}

function invalid(found: string): GroundworkError {
  return new GroundworkError({
    code: 'document_adf_invalid',
    message:
      `Atlassian Document Format: ${found}. Expected the JSON of a whole ADF document; export ` +
      'the page again, or give it as markdown or HTML.',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addOwnText(out: StructuredText, node: AdfNode): void {
  const text = typeof node.text === 'string' ? node.text : '';
  const marks: readonly unknown[] = Array.isArray(node.marks) ? node.marks : [];
  if (marks.some((mark) => isObject(mark) && mark['type'] === 'strike')) out.addStruckText(text);
  else out.addText(text);
}

function spansOf(node: AdfNode): CellSpans {
  return {
    columns: numberAttribute(node, 'colspan') ?? 1,
    rows: numberAttribute(node, 'rowspan') ?? 1,
  };
}

function rawAttribute(node: AdfNode, name: string): unknown {
  return isObject(node.attrs) ? node.attrs[name] : undefined;
}

function attribute(node: AdfNode, name: string): string {
  const value = rawAttribute(node, name);
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function numberAttribute(node: AdfNode, name: string): number | undefined {
  const value = rawAttribute(node, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function cardText(node: AdfNode): string {
  const url = attribute(node, 'url');
  if (url !== '') return url;
  const data = rawAttribute(node, 'data');
  if (!isObject(data)) return '';
  const named = data['url'] ?? data['name'];
  return typeof named === 'string' ? named : '';
}

function macroNote(node: AdfNode): string {
  const named = [attribute(node, 'extensionKey'), attribute(node, 'text')];
  const name = named.filter((part) => part !== '').join(', ');
  return name === '' ? '[macro]' : `[macro: ${name}]`;
}

/** The day of a date node, whose timestamp is milliseconds since 1970 as a string. */
function dayOf(timestamp: string): string {
  const time = new Date(timestamp === '' ? Number.NaN : Number(timestamp));
  return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(0, 10);
}

function addAlone(out: StructuredText, text: string): void {
  out.breakBlock();
  out.addText(text);
  out.breakBlock();
}
