/** Ways to rank chunks for a question; each is given the same texts whoever cut them. */

import { similarity } from 'ml-distance';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { createBuiltinProvider } from '../../src/embedding/builtin';
import { embedMany } from '../../src/embedding/embed-many';
import type { EmbeddingPurpose } from '../../src/embedding/provider';
import { loadPeer } from '../peers/support/adapter';

/** For every question the positions of the texts, best first. */
export type Ranker = (texts: string[], questions: string[]) => Promise<number[][]>;

interface MiniSearchPeer {
  default: new (options: {
    fields: string[];
  }) => {
    addAll(documents: { id: number; text: string }[]): void;
    search(query: string): { id: number }[];
  };
}

/** BM25+ with the library's defaults. */
export const rankByWords: Ranker = async (texts, questions) => {
  const { default: MiniSearch } = await loadPeer<MiniSearchPeer>('minisearch');
  const index = new MiniSearch({ fields: ['text'] });
  index.addAll(texts.map((text, id) => ({ id, text })));
  return questions.map((question) => index.search(question).map(({ id }) => id));
};

/** Exact cosine over the built-in model's float32 vectors. */
export const rankByVectors: Ranker = async (texts, questions) => {
  const vectors = await embed(texts, 'document');
  const asked = await embed(questions, 'query');
  return asked.map((question) => {
    const scores = vectors.map((vector) => similarity.cosine(question, vector));
    return scores
      .map((_, position) => position)
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  });
};

async function embed(texts: string[], purpose: EmbeddingPurpose): Promise<Float32Array[]> {
  const { vectors } = await embedMany({
    provider: createBuiltinProvider(),
    texts,
    purpose,
    sleep: async () => undefined,
    random: () => 0,
    estimateTokens,
  });
  return vectors;
}
