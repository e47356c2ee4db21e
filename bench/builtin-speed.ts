/**
 * What the built-in model costs: load, first and later short texts, chunks a second on the sample
 * handbook, and memory. Run: npm run bench -- builtin-speed
 */

import { ofPackage } from '../cli/paths';
import { readDocuments } from '../cli/read-documents';
import { createBuiltinProvider } from '../src/embedding/builtin';
import { embeddedText, prepareDocument } from '../src/index/prepare-document';
import { saveResult } from './report';

const documents = await readDocuments([ofPackage('examples', 'instructions')]);
const texts = documents.map(prepareDocument).flatMap(({ name, text, chunks }) =>
  chunks.map((chunk) => {
    const record = { ...chunk, document: name, text: text.slice(chunk.start, chunk.end) };
    return embeddedText('instructions', record);
  }),
);
const rssMb = () => Math.round(process.memoryUsage.rss() / 1_048_576);

const rssBeforeMb = rssMb();
const provider = createBuiltinProvider();
const [, loadMs] = await timed(() => provider.doEmbed(['Hello'], 'query'));
const rssLoadedMb = rssMb();
const [, shortTextMs] = await timed(() => provider.doEmbed(['Who approves a release?'], 'query'));

let tokens = 0;
const [, chunksMs] = await timed(async () => {
  for (let first = 0; first < texts.length; first += provider.textsPerCallMax) {
    const batch = texts.slice(first, first + provider.textsPerCallMax);
    tokens += (await provider.doEmbed(batch, 'document')).tokens ?? 0;
  }
});

const row = {
  model: provider.modelId,
  loadAndFirstTextMs: Math.round(loadMs),
  shortTextMs: Math.round(shortTextMs),
  chunks: texts.length,
  tokens,
  chunksMs: Math.round(chunksMs),
  chunksPerSecond: Number(((1000 * texts.length) / chunksMs).toFixed(1)),
  tokensPerSecond: Math.round((1000 * tokens) / chunksMs),
  rssBeforeMb,
  rssLoadedMb,
  rssPeakMb: Math.round(process.resourceUsage().maxRSS / 1024),
};
console.table([row]);
saveResult('builtin-speed', [row]);

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work(), performance.now() - startedAt];
}
