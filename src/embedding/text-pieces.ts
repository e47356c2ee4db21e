/**
 * Texts longer than a model takes: cut at boundaries into pieces that are embedded one by one, and
 * put together again as the mean of their vectors, each weighted by its tokens. Nothing of a text
 * is dropped but blank space. Pure.
 */

/** A text, or a part of one that is embedded on its own. */
export interface Piece {
  /** Position of the text in the list given. */
  text: number;
  /** UTF-16 offset in the text. */
  start: number;
  content: string;
  /** Token estimate. */
  tokens: number;
}

/** UTF-16 units; a piece that short is not cut any more. */
export const PIECE_LENGTH_MIN = 16;

/** Where a cut is best, the best first; the cut comes after what matches. */
const BOUNDARIES = [/\n[ \t\r]*\n/g, /\n/g, /[.!?…;:]["'”’»)\]]*\s|[。！？；]/g, /\s/g] as const;

/** The text as pieces of at most `tokensMax` by estimate, where they can be cut that small. */
export function toPieces(
  text: { content: string; number: number },
  tokensMax: number,
  estimateTokens: (text: string) => number,
): Piece[] {
  const { content, number } = text;
  const whole = { text: number, start: 0, content, tokens: estimateTokens(content) };
  return cut(whole, tokensMax, estimateTokens);
}

/** The halves of a piece, without one that is blank; undefined when there is nothing to cut. */
export function halves(
  piece: Piece,
  estimateTokens: (text: string) => number,
): Piece[] | undefined {
  const { text, start, content } = piece;
  if (content.length <= PIECE_LENGTH_MIN || content.trim() === '') return undefined;
  const middle = boundaryNearMiddle(content);
  return [
    { start, content: content.slice(0, middle) },
    { start: start + middle, content: content.slice(middle) },
  ]
    .filter((half) => half.content.trim() !== '')
    .map((half) => ({ text, ...half, tokens: estimateTokens(half.content) }));
}

export interface EmbeddedPiece extends Piece {
  vector: Float32Array;
}

/** Which texts still wait for pieces, and what the others have. */
export class PiecesOfTexts {
  /** Texts of which there was ever more than one piece. */
  split = 0;
  private readonly awaited: number[];
  private readonly embedded: EmbeddedPiece[][];

  constructor(texts: number) {
    this.awaited = new Array(texts).fill(1);
    this.embedded = Array.from({ length: texts }, () => []);
  }

  /** So many pieces stand in the place of one. */
  replace(text: number, pieces: number): void {
    const isWhole = this.awaited[text] === 1 && this.embedded[text]?.length === 0;
    if (isWhole && pieces > 1) this.split += 1;
    this.awaited[text] = (this.awaited[text] as number) + pieces - 1;
  }

  /** All pieces of the text once this is the last of them, in the order of the text. */
  add(piece: EmbeddedPiece): EmbeddedPiece[] | undefined {
    const embedded = this.embedded[piece.text] as EmbeddedPiece[];
    embedded.push(piece);
    this.awaited[piece.text] = (this.awaited[piece.text] as number) - 1;
    if (this.awaited[piece.text] !== 0) return undefined;
    // And not of the answers: sums of floats depend on it.
    return embedded.sort((a, b) => a.start - b.start);
  }
}

/** The mean of the pieces' vectors, each weighted by its tokens; not normalized. */
export function weightedMean(pieces: readonly EmbeddedPiece[], dimensions: number): Float64Array {
  const total = pieces.reduce((sum, { tokens }) => sum + tokens, 0);
  const mean = new Float64Array(dimensions);
  for (const { tokens, vector } of pieces) {
    const weight = tokens / total;
    for (const [i, value] of vector.entries()) mean[i] = (mean[i] as number) + weight * value;
  }
  return mean;
}

function cut(piece: Piece, tokensMax: number, estimateTokens: (text: string) => number): Piece[] {
  const parts = piece.tokens > tokensMax ? halves(piece, estimateTokens) : undefined;
  if (parts === undefined) return [piece];
  return parts.flatMap((part) => cut(part, tokensMax, estimateTokens));
}

/** Within the middle half, so that pieces shrink fast whatever the text. */
function boundaryNearMiddle(content: string): number {
  const from = content.length >> 2;
  const middle = content.length >> 1;
  const window = content.slice(from, content.length - from);
  for (const boundary of BOUNDARIES) {
    let nearest: number | undefined;
    for (const match of window.matchAll(boundary)) {
      const offset = from + match.index + match[0].length;
      const isNearer =
        nearest === undefined || Math.abs(offset - middle) < Math.abs(nearest - middle);
      if (isNearer) nearest = offset;
    }
    if (nearest !== undefined) return nearest;
  }
  // Never between the halves of a surrogate pair.
  const isPair = (content.codePointAt(middle - 1) ?? 0) > 0xffff;
  return isPair ? middle + 1 : middle;
}
