/**
 * How many tokens a text will cost, guessed from its characters.
 *
 * The guess is a sum of one weight per UTF-16 unit, so it is linear, needs no vocabulary and is
 * additive: for any cut, estimate(a + b) <= estimate(a) + estimate(b), and a longer text never
 * costs less. It leans high: most embedding services refuse a text that is too long, and none
 * refuses one that is shorter than was feared.
 *
 * The weights follow measured characters per token of the cl100k vocabulary, the least generous
 * one in common use (English 4.9, Russian 3.0, Japanese 1.6, Chinese 1.0, Korean and Thai 1.2,
 * Arabic 1.4, base64 1.4, emoji 0.65). Capitals and digits weigh more than they cost in prose,
 * because that is what tells keys, hashes and base64 apart from words.
 */

/** Added to every weight, because a sum over characters cannot see how words are cut. */
export const TOKENS_ESTIMATE_MARGIN = 1.15;

const ASCII_OTHER = 0.45;
const UNKNOWN_SCRIPT = 1;

/** Tokens per UTF-16 unit from the given unit up to the next entry's, in ascending order. */
const WEIGHT_RANGES: readonly (readonly [fromUnit: number, tokens: number])[] = [
  [0x00, ASCII_OTHER],
  [0x09, 0.04], // tab
  [0x0a, 0.35], // line feed
  [0x0b, ASCII_OTHER],
  [0x0d, 0.35], // carriage return
  [0x0e, ASCII_OTHER],
  [0x20, 0.04], // space: nearly always the first character of the next word's token
  [0x21, ASCII_OTHER],
  [0x30, 0.6], // digits
  [0x3a, ASCII_OTHER],
  [0x41, 0.7], // capitals
  [0x5b, ASCII_OTHER],
  [0x61, 0.2], // small letters
  [0x7b, ASCII_OTHER],
  [0x80, 0.8], // Latin-1 signs
  [0xc0, 0.6], // accented Latin
  [0x250, UNKNOWN_SCRIPT], // phonetic signs, combining marks, Greek
  [0x400, 0.42], // Cyrillic
  [0x530, UNKNOWN_SCRIPT], // Armenian, Hebrew
  [0x600, 0.75], // Arabic
  [0x700, UNKNOWN_SCRIPT], // Indic scripts, Thai, Lao, Georgian and others
  [0x1100, 0.9], // Hangul jamo
  [0x1200, UNKNOWN_SCRIPT],
  [0x3000, 0.95], // CJK punctuation, kana
  [0x3100, 1.15], // CJK ideographs
  [0xa000, UNKNOWN_SCRIPT],
  [0xac00, 0.9], // Hangul syllables
  [0xd7b0, UNKNOWN_SCRIPT],
  [0xd800, 1.85], // surrogates of rare scripts and ideographs; two of them make a character
  [0xd83c, 1.5], // high surrogates of emoji
  [0xd83f, 1.85],
  [0xdc00, 1.5], // low surrogates
  [0xe000, UNKNOWN_SCRIPT],
];

/** Weight with margin of every UTF-16 unit; written once here and only read afterwards. */
const WEIGHTS = buildWeights();

/**
 * Estimated tokens of a text, rounded up.
 * **Cost**: one table look-up per UTF-16 unit.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(weighText(text));
}

/** The same estimate before rounding, for sums of many parts. */
export function weighText(text: string): number {
  let weight = 0;
  for (let offset = 0; offset < text.length; offset += 1) {
    weight += WEIGHTS[text.charCodeAt(offset)] ?? 0;
  }
  return weight;
}

/**
 * Running weights: entry `i` is the weight of `text.slice(0, i)`, so any slice is weighed by one
 * subtraction.
 * **Shapes**: Float64Array[text.length + 1], 8 bytes per UTF-16 unit.
 */
export function runningWeights(text: string): Float64Array {
  const weights = new Float64Array(text.length + 1);
  let weight = 0;
  for (let offset = 0; offset < text.length; offset += 1) {
    weight += WEIGHTS[text.charCodeAt(offset)] ?? 0;
    weights[offset + 1] = weight;
  }
  return weights;
}

function buildWeights(): Float64Array {
  const weights = new Float64Array(0x10000);
  for (const [position, [fromUnit, tokens]] of WEIGHT_RANGES.entries()) {
    const untilUnit = WEIGHT_RANGES[position + 1]?.[0] ?? weights.length;
    // Binary fractions: sums of them are exact, so running weights never drift from a fresh sum.
    const weight = Math.round(tokens * TOKENS_ESTIMATE_MARGIN * 1024) / 1024;
    weights.fill(weight, fromUnit, untilUnit);
  }
  return weights;
}
