/**
 * vectra: exact vectors, and behind them what BM25 adds. Its hybrid appends the best of BM25, of
 * the chunks that vectors did not find, behind those: with ten asked for, the first ten are
 * vectors' alone; with five, words fill the other half of the ten. Both are rows.
 *
 * It runs in a process of its own, a new one every few queries: its model of words is loaded anew
 * for each, twice as large as before, until in the twenty-first it is longer than a string can be
 * (wink-eng-lite-web-model 1.8.1).
 */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedVersion, loadPeer } from '../../peers/support/adapter';
import type { PeerChunk } from '../chunks';
import type { QualityPeer } from './peer';

const QUERIES_PER_PROCESS = 10;

/** What the child is started with, and asked. */
export interface VectraTask {
  /** Folder of the index, with the texts of its items in `texts.json`. */
  folder: string;
  /** Items of each half. */
  each: number;
  vector: number[];
  text: string;
}

export interface LocalIndex {
  createIndex(): Promise<void>;
  batchInsertItems(items: readonly object[]): Promise<unknown>;
  queryItems(
    vector: number[],
    query: string,
    topK: number,
    filter: undefined,
    isBm25: boolean,
  ): Promise<{ item: { id: string } }[]>;
}
export interface Vectra {
  LocalIndex: new (
    folder: string,
    name?: undefined,
    storage?: undefined,
    codec?: undefined,
    options?: {
      docReader: (documentId: string) => Promise<string>;
      bm25Factory: () => object;
    },
  ) => LocalIndex;
}

export const TEXTS_FILE = 'texts.json';
export const VECTRA_FIVE = createPeer(5);
export const VECTRA_TEN = createPeer(10);

function createPeer(each: number): QualityPeer {
  return {
    name: `vectra, hybrid, ${each} by vectors and ${each} by words`,
    version: `vectra ${installedVersion('vectra')}`,
    async build(chunks) {
      const folder = mkdtempSync(join(tmpdir(), 'groundwork-vectra-'));
      await writeIndex(folder, chunks);
      let child: ChildProcess | undefined;
      let asked = 0;
      return {
        async rank({ text, vector }, depth) {
          if (asked % QUERIES_PER_PROCESS === 0) {
            child?.kill();
            child = fork(join(import.meta.dirname, 'vectra-child.ts'), {
              execArgv: process.execArgv,
            });
          }
          asked += 1;
          const task: VectraTask = { folder, each, vector: [...(vector ?? [])], text };
          return (await answerOf(child as ChildProcess, task)).slice(0, depth);
        },
        close: () => {
          child?.kill();
          rmSync(folder, { recursive: true });
        },
      };
    },
  };
}

async function writeIndex(folder: string, chunks: readonly PeerChunk[]): Promise<void> {
  const { LocalIndex } = await loadPeer<Vectra>('vectra');
  const index = new LocalIndex(folder);
  await index.createIndex();
  await index.batchInsertItems(
    chunks.map(({ vector, shown }, id) => ({
      id: String(id),
      vector: [...(vector ?? [])],
      // A chunk is a document of its own: it reads a slice of a document, the last included.
      metadata: { documentId: String(id), startPos: 0, endPos: shown.length },
    })),
  );
  writeFileSync(join(folder, TEXTS_FILE), JSON.stringify(chunks.map(({ shown }) => shown)));
}

function answerOf(child: ChildProcess, task: VectraTask): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) => reject(new Error(`vectra ended with ${code}`));
    child.once('exit', fail);
    child.once('message', (answer) => {
      child.off('exit', fail);
      resolve(answer as number[]);
    });
    child.send(task);
  });
}
