/** vectra in a process of its own: opens an index at the first query and answers with numbers. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer } from '../../peers/support/adapter';
import { type LocalIndex, TEXTS_FILE, type Vectra, type VectraTask } from './vectra';

let opened: LocalIndex | undefined;

process.on('message', async ({ folder, each, vector, text }: VectraTask) => {
  opened ??= await open(folder);
  const found = await opened.queryItems(vector, text, each, undefined, true);
  process.send?.(found.map(({ item }) => Number(item.id)));
});

async function open(folder: string): Promise<LocalIndex> {
  const texts = JSON.parse(readFileSync(join(folder, TEXTS_FILE), 'utf8')) as string[];
  const { LocalIndex } = await loadPeer<Vectra>('vectra');
  const docReader = async (id: string) => texts[Number(id)] ?? '';
  return new LocalIndex(folder, undefined, undefined, undefined, { docReader });
}
