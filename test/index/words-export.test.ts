/** A library without vectors goes through an export and comes back with its words. */
import { afterEach, expect, it } from 'vitest';
import { exportLibrary } from '../../src/index/export-library';
import { verifyLibrary } from '../../src/index/verify';
import { importExport } from '../../src/jobs/index-here';
import { openWordSite, type WordSite, wordTexts } from '../support/word-site';

let words: WordSite;
afterEach(() => words.site.close());

it('a library of words is exported and imported as it was', async () => {
  words = await openWordSite();
  await words.index(wordTexts(0, 4));
  const { site } = words;
  const bytes = await site.run(async (platform) => {
    let text = '';
    for await (const line of exportLibrary(platform, 'words')) text += `${line}\n`;
    return Buffer.from(text);
  });
  const report = await site.run((platform) =>
    importExport(platform, { library: 'again', projects: undefined, bytes }),
  );
  expect(report).toMatchObject({ indexed: 4, embedded: 0, generation: 1 });
  const found = await site.run((platform) => verifyLibrary(platform, 'again', { unitsMax: 1_000 }));
  expect(found).toMatchObject({ findings: [], checked: { chunks: 24 } });
});
