/** The judged sets in the folder that GROUNDWORK_DATA names, each as `groundwork eval` takes it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDocuments } from '../../cli/read-documents';
import { type CodeDocument, codeQuestions, nameOf } from './code-questions';
import type { JudgedLine, JudgedSet } from './judged-set';
import { knownItems } from './known-items';

export const SET_NAMES = ['refinement-eval', 'codebase-eval', 'handbook-ja'] as const;
export type SetName = (typeof SET_NAMES)[number];

const LOADERS: Record<SetName, (folder: string) => Promise<Omit<JudgedSet, 'name'>>> = {
  'refinement-eval': async (folder) => ({
    documents: await readDocuments([join(folder, 'instructions')]),
    queries: linesIn<JudgedLine>(join(folder, 'refinement-eval', 'queries.jsonl')),
    hasVectors: true,
  }),
  'codebase-eval': async (folder) => {
    const path = (file: string) => join(folder, 'codebase-eval', file);
    const documents = JSON.parse(
      readFileSync(path('codebase_chunks.json'), 'utf8'),
    ) as CodeDocument[];
    return {
      documents: documents.map((document) => ({
        name: nameOf(document),
        bytes: Buffer.from(document.content),
      })),
      queries: codeQuestions(documents, linesIn(path('evaluation_set.jsonl'))),
      hasVectors: true,
    };
  },
  'handbook-ja': async (folder) => {
    const given = await readDocuments([join(folder, 'handbook-ja')]);
    const texts = given.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString() }));
    const { documents, queries } = knownItems(texts);
    return {
      documents: documents.map(({ name, text }) => ({ name, bytes: Buffer.from(text) })),
      queries,
      hasVectors: false,
    };
  },
};

/** Reads a set from the folder of the judged sets. */
export async function loadSet(name: SetName, folder: string): Promise<JudgedSet> {
  return { name, ...(await LOADERS[name](folder)) };
}

/** The folder of the judged sets. Throws, saying what to do, where it is not set. */
export function dataFolder(): string {
  const folder = process.env['GROUNDWORK_DATA'];
  if (folder !== undefined && folder !== '') return folder;
  throw new Error('GROUNDWORK_DATA names no folder of judged sets; set it and run this again');
}

function linesIn<T>(path: string): T[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T);
}
