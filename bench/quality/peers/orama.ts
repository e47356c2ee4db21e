/**
 * Orama: text and vectors in one index, scores of both scaled to their greatest and added. The
 * default of 0.8 for the least similarity would leave nearly no vector of the built-in model, so
 * it is 0. Stemming and stop words are those that its documentation offers for English.
 */

import { nameWords } from '../../../src/analysis/name-words';
import { installedVersion, loadPeer } from '../../peers/support/adapter';
import type { QualityPeer } from './peer';

type Database = object;
interface Orama {
  create(options: object): Database;
  insertMultiple(database: Database, documents: readonly object[], size: number): unknown;
  search(database: Database, options: object): Answer | Promise<Answer>;
}
interface Answer {
  hits: { id: string }[];
}

const DOCUMENTS_PER_INSERT = 500;

export const ORAMA_PLAIN = createPeer('orama, hybrid, defaults', ['text'], false);
export const ORAMA_ENGLISH = createPeer(
  'orama, hybrid, English stems and stop words, text, headings and name',
  ['text', 'headings', 'name'],
  true,
);

function createPeer(name: string, properties: string[], isEnglish: boolean): QualityPeer {
  return {
    name,
    version: `@orama/orama ${installedVersion('@orama/orama')}`,
    async build(chunks) {
      const { create, insertMultiple, search } = await loadPeer<Orama>('@orama/orama');
      const dims = chunks[0]?.vector?.length ?? 0;
      const database = create({
        schema: {
          ...Object.fromEntries(properties.map((property) => [property, 'string'])),
          embedding: `vector[${dims}]`,
        },
        ...(isEnglish ? { components: { tokenizer: await englishTokenizer() } } : {}),
      });
      const documents = chunks.map((chunk, id) => ({
        id: String(id),
        text: chunk.shown,
        headings: chunk.headings.join(' '),
        name: nameWords(chunk.document),
        embedding: [...(chunk.vector ?? [])],
      }));
      await insertMultiple(database, documents, DOCUMENTS_PER_INSERT);
      return {
        async rank({ text, vector }, depth) {
          const value = [...(vector ?? [])];
          const { hits } = await search(database, {
            ...{ mode: 'hybrid', term: text, properties, limit: depth },
            ...{ vector: { value, property: 'embedding' }, similarity: 0 },
          });
          return hits.map(({ id }) => Number(id));
        },
        close: () => undefined,
      };
    },
  };
}

async function englishTokenizer(): Promise<object> {
  const { stemmer } = await loadPeer<{ stemmer: unknown }>('@orama/stemmers/english');
  const { stopwords } = await loadPeer<{ stopwords: unknown }>('@orama/stopwords/english');
  return { language: 'english', stemming: true, stemmer, stopWords: stopwords };
}
