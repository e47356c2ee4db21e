/** The three corpora of the chunking evaluation set, and their questions with reference spans. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer } from '../peers/support/adapter';
import type { Range } from './spans';

export interface Corpus {
  id: string;
  text: string;
}

export interface Question {
  text: string;
  corpusId: string;
  /** Where the answer stands in the corpus. */
  references: Range[];
}

interface CsvParse {
  parse(source: string, options: { columns: true }): Record<string, string>[];
}

interface GivenReference {
  content: string;
  start_index: number;
  end_index: number;
}

/** Reads `questions.csv` and the corpora that it names; refuses a span that is not where it says. */
export async function readJudgedCorpora(
  folder: string,
): Promise<{ corpora: Corpus[]; questions: Question[] }> {
  const { parse } = await loadPeer<CsvParse>('csv-parse/sync');
  const rows = parse(readFileSync(join(folder, 'questions.csv'), 'utf8'), { columns: true });
  const ids = [...new Set(rows.map((row) => row['corpus_id'] ?? ''))].sort();
  const corpora = ids.map((id) => ({ id, text: readFileSync(join(folder, `${id}.md`), 'utf8') }));
  const texts = new Map(corpora.map(({ id, text }) => [id, text]));
  const questions = rows.map((row) => {
    const corpusId = row['corpus_id'] ?? '';
    const given = JSON.parse(row['references'] ?? '[]') as GivenReference[];
    const references = given.map(({ content, start_index: start, end_index: end }) => {
      const found = texts.get(corpusId)?.slice(start, end);
      if (found === content) return { start, end };
      throw new Error(`${corpusId}: the text at ${start} is not that of the reference`);
    });
    return { text: row['question'] ?? '', corpusId, references };
  });
  return { corpora, questions };
}
