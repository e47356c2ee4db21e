/**
 * What a grounded query reads of 10,000 chunks in 512 dimensions, cold: the judged instructions and
 * four copies of them, asked by the judged items as the product asks. The vectors are the built-in
 * model's; those of a copy are turned away from their originals by a fixed angle, each in a
 * direction of its own. Quality is not measured here, as copies have what is searched for, too.
 * Run: GROUNDWORK_DATA=<folder> npm run bench -- grounded-units
 */

import { parseJudgedQueries } from '../cli/judged-queries';
import { runJudged, summarizeRun } from '../cli/judged-run';
import { openSite } from '../cli/local-site';
import { createProgressBar } from '../cli/output';
import { createProvider } from '../src/embedding/create-provider';
import type { EmbeddingProvider } from '../src/embedding/provider';
import { SETTINGS } from '../src/evaluation/settings';
import { loadCatalogue } from '../src/index/catalogue';
import { indexDocuments } from '../src/jobs/index-here';
import { seededRandom } from '../src/quantization/seeded-random';
import { cacheFolder } from './quality/cache-folder';
import { linesOf } from './quality/judged-set';
import { dataFolder, loadSet } from './quality/load-sets';
import { remembering } from './quality/vector-cache';
import { saveResult } from './report';

const COPIES = 4;
/** Cosine of a copy's vector and its original's. */
const COPY_COSINE = 0.8;
/** As in the bench of quality, whose vectors are remembered. */
const LIBRARY = 'quality';

const set = await loadSet('refinement-eval', dataFolder());
const copies = Array.from({ length: COPIES }, (_, copy) =>
  set.documents.map(({ name, bytes }) => ({ name: `copy-${copy + 1}/${name}`, bytes })),
);
const judged = parseJudgedQueries(set.name, linesOf(set.queries));
const site = await openSite({ store: undefined, installation: 'bench' });
const bar = createProgressBar();
const { result: provider } = await site.run('index', async (platform) => {
  const builtin = createProvider({ embedder: 'builtin', platform });
  const turning = turnedCopies(remembering(builtin, cacheFolder()));
  const documents = [...set.documents, ...copies.flat()];
  const request = { library: LIBRARY, projects: undefined, documents, sync: false };
  await indexDocuments(platform, { ...request, provider: turning, onProgress: bar.report });
  return turning;
});
bar.stop();
const { result: chunks } = await site.run('count', async ({ entities }) => {
  const { libraries } = await loadCatalogue(entities);
  return libraries.flatMap(({ segments }) => segments).reduce((sum, one) => sum + one.chunks, 0);
});
const rows = [];
for (const setting of ['default', 'words', 'vectors'] as const) {
  const knobs = SETTINGS[setting];
  const searching = { library: LIBRARY, k: 10, knobs, providerOf: () => provider };
  const outcomes = await runJudged(site, judged, searching);
  const { readUnits, roundTrips, latencyMs } = summarizeRun(outcomes, chunks);
  const most = Math.max(...outcomes.map((outcome) => outcome.readUnits));
  const size = { chunks, dimensions: provider.dimensions, queries: judged.length };
  rows.push({ setting, ...size, readUnits: { ...readUnits, most }, roundTrips, latencyMs });
  console.log(JSON.stringify(rows.at(-1)));
}
saveResult('grounded-units', rows);
await site.close();

/** Embeds a copy's text as its original's, and turns the vector. */
function turnedCopies(provider: EmbeddingProvider): EmbeddingProvider {
  const random = seededRandom(1);
  const breadcrumb = new RegExp(`^${LIBRARY} › copy \\d+ › `);
  return {
    ...provider,
    async doEmbed(texts, purpose) {
      const originals = texts.map((text) => text.replace(breadcrumb, `${LIBRARY} › `));
      const { embeddings, tokens } = await provider.doEmbed(originals, purpose);
      const turned = embeddings.map((embedding, i) =>
        originals[i] === texts[i] ? embedding : turn(Float32Array.from(embedding), random),
      );
      return { embeddings: turned, tokens };
    },
  };
}

/** The unit vector at the fixed angle, in a random direction. */
function turn(vector: Float32Array, random: () => number): Float32Array {
  const aside = vector.map(() => random() + random() + random() - 1.5);
  const along = aside.reduce((sum, value, i) => sum + value * (vector[i] as number), 0);
  const across = aside.map((value, i) => value - along * (vector[i] as number));
  const norm = Math.hypot(...across);
  const sine = Math.sqrt(1 - COPY_COSINE ** 2);
  return vector.map((value, i) => COPY_COSINE * value + (sine * (across[i] as number)) / norm);
}
