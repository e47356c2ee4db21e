/** vectra in a process of its own: opens an index at the first query and answers with numbers. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer } from '../../peers/support/adapter';
import { type LocalIndex, TEXTS_FILE, type Vectra, type VectraTask } from './vectra';

type Prepare = (text: string) => string[];
interface Bm25 {
  definePrepTasks(tasks: Prepare[], field?: string): number;
}

const WORDS_FILE = 'words.json';

let opened: LocalIndex | undefined;
/** What its own preparation made of a text: it prepares every text anew for every query. */
const words = new Map<string, string[]>();

process.on('message', async ({ folder, each, vector, text }: VectraTask) => {
  const path = join(folder, WORDS_FILE);
  opened ??= await open(folder, path);
  const found = await opened.queryItems(vector, text, each, undefined, true);
  if (!existsSync(path)) writeFileSync(path, JSON.stringify([...words]));
  process.send?.(found.map(({ item }) => Number(item.id)));
});

async function open(folder: string, wordsPath: string): Promise<LocalIndex> {
  const texts = JSON.parse(readFileSync(join(folder, TEXTS_FILE), 'utf8')) as string[];
  if (existsSync(wordsPath)) {
    const known = JSON.parse(readFileSync(wordsPath, 'utf8')) as [string, string[]][];
    for (const [text, tokens] of known) words.set(text, tokens);
  }
  const { LocalIndex } = await loadPeer<Vectra>('vectra');
  const { default: createBm25 } = await loadPeer<{ default: () => Bm25 }>('wink-bm25-text-search');
  const docReader = async (id: string) => texts[Number(id)] ?? '';
  const bm25Factory = () => remembering(createBm25());
  return new LocalIndex(folder, undefined, undefined, undefined, { docReader, bm25Factory });
}

/** The same engine, which takes the words of a text that it has prepared before. */
function remembering(engine: Bm25): Bm25 {
  const define = engine.definePrepTasks;
  return {
    ...engine,
    definePrepTasks: (tasks, field) =>
      define(
        tasks.map((prepare) => (text) => {
          const tokens = words.get(text) ?? prepare(text);
          words.set(text, tokens);
          return [...tokens];
        }),
        field,
      ),
  };
}
