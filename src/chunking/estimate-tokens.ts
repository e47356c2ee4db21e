/**
 * How many tokens a text will cost, guessed from its characters.
 *
 * The guess is a sum of one weight per UTF-16 unit, so it is linear, needs no vocabulary and is
 * additive: for any cut, estimate(a + b) <= estimate(a) + estimate(b), and a longer text never
 * costs less. It leans high: most embedding services refuse a text that is too long, and none
 * refuses one that is shorter than was feared.
 *
 * The weights are fitted to counts with cl100k, the less generous of the two vocabularies in
 * common use; o200k takes a half to a sixth of it in most scripts but Latin. Per language and
 * script, with the error: docs/chunking.md, by `npm run bench -- token-estimate`. Capitals and
 * digits weigh more than they cost in prose, because that tells keys, hashes and base64 apart from
 * words; accented letters stand for the words around them, which English has few of.
 */

const UNKNOWN_SCRIPT = 2.1;
const ASCII_OTHER = 0.6;

/** Tokens per UTF-16 unit from the given unit up to the next entry's, in ascending order. */
const WEIGHT_RANGES: readonly (readonly [fromUnit: number, tokens: number])[] = [
  [0x00, ASCII_OTHER],
  [0x09, 0.05], // tab
  [0x0a, 0.4], // line feed
  [0x0b, ASCII_OTHER],
  [0x0d, 0.4], // carriage return
  [0x0e, ASCII_OTHER],
  [0x20, 0.04], // space: nearly always the first character of the next word's token
  [0x21, ASCII_OTHER],
  [0x30, 0.72], // digits
  [0x3a, ASCII_OTHER],
  [0x41, 0.8], // capitals
  [0x5b, ASCII_OTHER],
  [0x61, 0.235], // small letters
  [0x7b, ASCII_OTHER],
  [0x80, 0.9], // Latin-1 signs
  [0xc0, 2.1], // accented Latin
  [0x250, 1.4], // phonetic signs, combining marks
  [0x370, 1.12], // Greek
  [0x400, 0.56], // Cyrillic as Russian and Bulgarian write it
  [0x450, 1.4], // letters of other Slavic languages
  [0x460, 3], // Cyrillic of other languages
  [0x530, 2.15], // Armenian
  [0x590, 1.22], // Hebrew
  [0x600, 0.9], // Arabic
  [0x670, 1.5], // letters of Persian and Urdu
  [0x700, UNKNOWN_SCRIPT],
  [0x900, 1.25], // Devanagari
  [0x980, 1.48], // Bengali
  [0xa00, UNKNOWN_SCRIPT], // Gurmukhi, Gujarati, Oriya
  [0xb80, 1.6], // Tamil
  [0xc00, UNKNOWN_SCRIPT], // Telugu, Kannada
  [0xd00, 1.85], // Malayalam
  [0xd80, 2.2], // Sinhala
  [0xe00, 1.05], // Thai
  [0xe80, 2.2], // Lao, Tibetan, Burmese, Georgian
  [0x1100, 2.2], // Hangul jamo
  [0x1200, 3], // Ethiopic, Cherokee, Canadian syllabics
  [0x1780, 1.75], // Khmer
  [0x1800, 2.6],
  [0x1e00, 1.3], // Latin with two accents: Vietnamese
  [0x1f00, 3], // Greek with accents of old
  [0x2000, 1.1], // punctuation
  [0x2070, 1.7], // signs, arrows, boxes
  [0x2580, 2.2], // pictures
  [0x2c00, 2.6],
  [0x3000, 1.12], // CJK punctuation, kana
  [0x3100, UNKNOWN_SCRIPT],
  [0x3400, 3], // rare ideographs
  [0x4e00, 1.38], // ideographs
  [0xa000, 3], // Yi and others
  [0xac00, 1.4], // Hangul syllables
  [0xd7b0, UNKNOWN_SCRIPT],
  [0xd800, 2], // surrogates of rare scripts and ideographs; two of them make a character
  [0xd83c, 1.5], // high surrogates of emoji
  [0xd83f, 2],
  [0xdc00, 1.5], // low surrogates
  [0xe000, 2.6],
  [0xff00, 1.5], // fullwidth forms
];

/** Weight of every UTF-16 unit; written once here and only read afterwards. */
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
    const weight = Math.round(tokens * 1024) / 1024;
    weights.fill(weight, fromUnit, untilUnit);
  }
  return weights;
}
