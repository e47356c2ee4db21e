/**
 * Which window of the built-in model finds the most: chunks embedded in windows of 32, 64 and 128
 * tokens, ranked by exact cosine over float32, scored on the "Refinement retrieval evaluation set"
 * (queries original, corpus CC-BY). Takes some twelve minutes on two cores.
 * Run: GROUNDWORK_DATA=<folder of the judged sets> npm run bench -- builtin-windows
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { similarity } from 'ml-distance';
import { parseJudgedQueries } from '../cli/judged-queries';
import { readDocuments } from '../cli/read-documents';
import { toIssue } from '../cli/read-issue';
import { estimateTokens } from '../src/chunking/estimate-tokens';
import { createBuiltinProvider } from '../src/embedding/builtin';
import { embedMany } from '../src/embedding/embed-many';
import type { EmbeddingPurpose } from '../src/embedding/provider';
import { mean, scoreRanking } from '../src/evaluation/scores';
import { embeddedText, prepareDocument } from '../src/index/prepare-document';
import { queryOf } from '../src/refinement/issue-text';
import { saveResult } from './report';

const WINDOWS = [32, 64, 128];

const data = process.env['GROUNDWORK_DATA'];
if (data === undefined) {
  console.log('skipped: GROUNDWORK_DATA does not name a folder with the judged sets');
  process.exit(0);
}
const prepared = (await readDocuments([join(data, 'instructions')])).map(prepareDocument);
const chunks = prepared.flatMap((document) =>
  document.chunks.map((chunk) => {
    const text = document.text.slice(chunk.start, chunk.end);
    return {
      document: document.name,
      text,
      embedded: embeddedText('instructions', { ...chunk, document: document.name, text }),
      tokensEstimate: chunk.tokensEstimate,
      applies: true,
    };
  }),
);
const queries = parseJudgedQueries(
  'queries.jsonl',
  await readFile(join(data, 'refinement-eval', 'queries.jsonl'), 'utf8'),
).flatMap(({ issue, relevant }) =>
  issue === undefined || relevant.length === 0
    ? []
    : [{ text: queryOf(toIssue(issue)).text, relevant }],
);

const rows = [];
for (const window of WINDOWS) {
  const startedAt = performance.now();
  const vectors = await embed(
    window,
    'document',
    chunks.map((chunk) => chunk.embedded),
  );
  const embedMs = performance.now() - startedAt;
  const questions = await embed(
    window,
    'query',
    queries.map((query) => query.text),
  );
  const scores = queries.map(({ relevant }, i) => {
    const question = questions[i] as Float32Array;
    const ranking = chunks
      .map((chunk, row) => ({
        chunk,
        score: similarity.cosine(question, vectors[row] as Float32Array),
      }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 20)
      .map(({ chunk }) => chunk);
    return scoreRanking(ranking, relevant);
  });
  rows.push({
    window,
    chunks: chunks.length,
    'recall@5': rounded(mean(scores.map((score) => score.recallAt5))),
    'recall@10': rounded(mean(scores.map((score) => score.recallAt10))),
    'recall@20': rounded(mean(scores.map((score) => score.recallAt20))),
    'ndcg@10': rounded(mean(scores.map((score) => score.ndcgAt10))),
    embedSeconds: Math.round(embedMs / 1000),
  });
  console.table(rows);
}
saveResult('builtin-windows', rows);

async function embed(window: number, purpose: EmbeddingPurpose, texts: string[]) {
  const { vectors } = await embedMany({
    provider: createBuiltinProvider({}, window),
    texts,
    purpose,
    sleep: async () => undefined,
    random: () => 0,
    estimateTokens,
  });
  return vectors;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
