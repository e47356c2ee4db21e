/** Turns texts into the windows of token ids that the builtin model sees. Pure. */

/** The ids of one window and the text it belongs to. */
export interface Window {
  textIndex: number;
  ids: readonly number[];
}

/** A "word" may be a base64 blob, and the tokenizer's cost grows with its square. */
const WORD_CHARACTERS_MAX = 200;

/**
 * Token ids of a text, one list per word. White space of any kind and length separates words: the
 * model was trained on text in which SentencePiece had done the same, and its tokenizer here knows
 * the plain space only. `cache` saves repeating words; it lives as long as the call.
 */
export function encodeWords(
  text: string,
  encodeWord: (word: string) => readonly number[],
  cache: Map<string, readonly number[]>,
): (readonly number[])[] {
  const words = text
    .normalize('NFKC')
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.flatMap(cutLongWord).map((word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const ids = encodeWord(word);
    cache.set(word, ids);
    return ids;
  });
}

function cutLongWord(word: string): string[] {
  if (word.length <= WORD_CHARACTERS_MAX) return [word];
  const symbols = Array.from(word);
  const pieces: string[] = [];
  for (let start = 0; start < symbols.length; start += WORD_CHARACTERS_MAX) {
    pieces.push(symbols.slice(start, start + WORD_CHARACTERS_MAX).join(''));
  }
  return pieces;
}

/**
 * Packs words into as few windows as hold them, of about the same length, cut between words; a
 * word longer than a window is cut through. Joining the windows gives back all ids in order.
 */
export function cutWindows(words: readonly (readonly number[])[], tokensMax: number): number[][] {
  const pieces = words.flatMap((word) => cutIds(word, tokensMax));
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const target = Math.ceil(total / Math.ceil(total / tokensMax));
  const windows: number[][] = [];
  let window: number[] = [];
  for (const piece of pieces) {
    if (window.length >= target || window.length + piece.length > tokensMax) {
      windows.push(window);
      window = [];
    }
    window.push(...piece);
  }
  if (window.length > 0) windows.push(window);
  return windows;
}

function cutIds(ids: readonly number[], tokensMax: number): (readonly number[])[] {
  if (ids.length <= tokensMax) return [ids];
  return [ids.slice(0, tokensMax), ...cutIds(ids.slice(tokensMax), tokensMax)];
}

/**
 * Groups windows of like length for one run each: a run pads every window to its longest, so a
 * short one beside a long one would cost as much. Shortest first; the order of windows is lost.
 */
export function groupWindows(windows: readonly Window[], tokensPerRunMax: number): Window[][] {
  const sorted = windows.toSorted((left, right) => left.ids.length - right.ids.length);
  const groups: Window[][] = [];
  let group: Window[] = [];
  for (const window of sorted) {
    if (group.length > 0 && (group.length + 1) * window.ids.length > tokensPerRunMax) {
      groups.push(group);
      group = [];
    }
    group.push(window);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
