/** One judged set: the product with all its steps, without each of them, and its peers. */

import { type JudgedQuery, parseJudgedQueries } from '../../cli/judged-queries';
import { type JudgedRequest, type Outcome, runJudged, summarizeRun } from '../../cli/judged-run';
import { openSite, type Site } from '../../cli/local-site';
import { createProgressBar } from '../../cli/output';
import { createProvider } from '../../src/embedding/create-provider';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { comparePaired } from '../../src/evaluation/bootstrap';
import { mean, type QueryScores, rounded } from '../../src/evaluation/scores';
import { SETTINGS, type SettingName } from '../../src/evaluation/settings';
import { indexDocuments } from '../../src/jobs/index-here';
import { ALTERNATIVES, runAlternative } from './alternatives';
import { chunksOf } from './chunks';
import { type JudgedSet, linesOf } from './judged-set';
import {
  figuresOf,
  PEERS,
  PEERS_BY_WORDS,
  type PeerOutcome,
  peerQueries,
  runPeer,
} from './measure-peers';
import { measurePrompts } from './measure-prompt';
import { knobsOf, STEPS } from './steps';
import { remembering } from './vector-cache';

/** A line of the results; `table` says which table of docs/quality.md it is of. */
export type QualityRow = { table: string; set: string } & Record<string, unknown>;

export const PRODUCT = 'Groundwork';
const LIBRARY = 'quality';
const K = 10;

export interface MeasureOptions {
  /** Folder of the vectors that are remembered. */
  cache: string;
  say: (line: string) => void;
}

export async function measureSet(set: JudgedSet, options: MeasureOptions): Promise<QualityRow[]> {
  const { cache, say } = options;
  const judged = parseJudgedQueries(set.name, linesOf(set.queries));
  const site = await openSite({ store: undefined, installation: 'quality' });
  try {
    const provider = await indexSet(site, set, cache);
    const chunks = await chunksOf(site, LIBRARY);
    say(`${set.name}: ${chunks.length} chunks, ${judged.length} queries`);
    const measured = await runProduct(site, {
      ...{ set, judged, provider, say },
      chunks: chunks.length,
    });
    const peers = set.hasVectors ? PEERS : PEERS_BY_WORDS;
    if (set.hasVectors) {
      measured.steps.push(
        await withoutBreadcrumb(set, { judged, cache, say, chunks: chunks.length }),
      );
    }
    const queries = await peerQueries(judged, set.hasVectors ? provider : undefined);
    const runs: Run[] = [];
    for (const peer of peers) {
      say(`  ${peer.name}`);
      const outcomes = await runPeer(peer, chunks, { judged, queries });
      runs.push({ system: peer.name, outcomes, row: { version: peer.version } });
    }
    const providerOf = () => provider;
    const asking = { site, library: LIBRARY, ...(set.hasVectors && { providerOf }) };
    const prompts = await measurePrompts(judged, asking);
    return [
      ...rowsOf(set, [...measured.systems, ...runs], measured.steps),
      ...prompts.map((row) => ({ table: 'prompts', set: set.name, ...row })),
    ];
  } finally {
    await site.close();
  }
}

/** What one system made of the queries. */
interface Run {
  system: string;
  outcomes: readonly (PeerOutcome | Outcome)[];
  /** What only it has beside the figures of all. */
  row: Record<string, unknown>;
}

/** What is worth to embed a chunk with the names of library, document and headings above it. */
async function withoutBreadcrumb(
  set: JudgedSet,
  { judged, cache, say, chunks }: Pick<ProductTask, 'judged' | 'chunks'> & MeasureOptions,
): Promise<Run> {
  const system = 'text embedded without its breadcrumb';
  say(`  ${system}`);
  const site = await openSite({ store: undefined, installation: 'quality-bare' });
  try {
    const provider = await indexSet(site, set, cache, (text) => text.slice(text.indexOf('\n') + 1));
    const request = { library: LIBRARY, k: K, knobs: SETTINGS.default, providerOf: () => provider };
    const outcomes = await runJudged(site, judged, request);
    return { system, outcomes, row: costsOf(outcomes, chunks) };
  } finally {
    await site.close();
  }
}

/** `change` changes what is embedded of a chunk. */
async function indexSet(
  site: Site,
  set: JudgedSet,
  cache: string,
  change?: (text: string) => string,
): Promise<EmbeddingProvider> {
  const bar = createProgressBar();
  try {
    const { result } = await site.run('index', async (platform) => {
      const embedder = set.hasVectors ? 'builtin' : 'lexical';
      const remembered = remembering(createProvider({ embedder, platform }), cache);
      const provider = change === undefined ? remembered : changing(remembered, change);
      const { documents } = set;
      const request = { library: LIBRARY, projects: undefined, documents, sync: false, provider };
      await indexDocuments(platform, { ...request, onProgress: bar.report });
      return provider;
    });
    return result;
  } finally {
    bar.stop();
  }
}

function changing(
  provider: EmbeddingProvider,
  change: (text: string) => string,
): EmbeddingProvider {
  return {
    ...provider,
    doEmbed: (texts, purpose) =>
      provider.doEmbed(purpose === 'document' ? texts.map(change) : texts, purpose),
  };
}

interface ProductTask {
  set: JudgedSet;
  judged: readonly JudgedQuery[];
  provider: EmbeddingProvider;
  chunks: number;
  say: (line: string) => void;
}

async function runProduct(site: Site, task: ProductTask) {
  const { set, judged, provider, chunks, say } = task;
  const run = async (system: string, request: Partial<JudgedRequest>): Promise<Run> => {
    say(`  ${system}`);
    const whole = { library: LIBRARY, k: K, knobs: SETTINGS.default, ...request };
    const outcomes = await runJudged(site, judged, whole);
    return { system, outcomes, row: costsOf(outcomes, chunks) };
  };
  const settings: readonly SettingName[] = set.hasVectors
    ? ['default', 'words', 'vectors']
    : ['default'];
  const names: Partial<Record<SettingName, string>> = {
    default: set.hasVectors ? `${PRODUCT}, hybrid` : `${PRODUCT}, lexical`,
    words: `${PRODUCT}, words alone`,
    vectors: `${PRODUCT}, vectors alone`,
  };
  const systems: Run[] = [];
  for (const setting of settings) {
    systems.push(await run(names[setting] ?? setting, { knobs: SETTINGS[setting] }));
  }
  const steps: Run[] = [];
  const hasItems = judged.some(({ issue }) => issue !== undefined);
  for (const step of STEPS) {
    if ((step.isOfItems && !hasItems) || (step.isOfVectors && !set.hasVectors)) continue;
    const { queryOf } = step;
    const request = {
      knobs: knobsOf(step),
      // Embedding the same queries again would be most of the time; latency is that of the systems.
      providerOf: () => provider,
      ...(queryOf === undefined ? {} : { queryOf }),
    };
    steps.push(await run(step.name, request));
  }
  for (const alternative of ALTERNATIVES) {
    if (!set.hasVectors || (alternative.isOfItems && !hasItems)) continue;
    say(`  ${alternative.name}`);
    const asking = { site, library: LIBRARY, providerOf: () => provider };
    const outcomes = await runAlternative(alternative, judged, asking);
    steps.push({ system: alternative.name, outcomes, row: {} });
  }
  return { systems, steps };
}

/** What only the product has: thresholds, and what reading costs. Latency is of this machine. */
function costsOf(outcomes: readonly Outcome[], chunks: number) {
  const summary = summarizeRun(outcomes, chunks);
  const hits = outcomes.flatMap(({ hitsRecallAt10 }) => hitsRecallAt10 ?? []);
  return {
    'groundedRecall@10': summary['groundedRecall@10'],
    'hitsRecall@10': rounded(mean(hits)),
    missedGrounding: summary.missedGrounding,
    falseGrounding: summary.falseGrounding,
    empty: outcomes.filter(({ scores }) => scores === undefined).length,
    readUnits: summary.readUnits,
    roundTrips: summary.roundTrips,
    latencyMs: summary.latencyMs,
    chunks,
  };
}

function rowsOf(set: JudgedSet, systems: readonly Run[], steps: readonly Run[]): QualityRow[] {
  const [own, ...others] = systems as [Run, ...Run[]];
  const of = (table: string) => ({ table, set: set.name });
  const whole = ({ system, outcomes, row }: Run) => {
    const judged = outcomes.filter(({ scores }) => scores !== undefined).length;
    return { system, queries: outcomes.length, judged, ...figuresOf(outcomes), ...row };
  };
  return [
    ...systems.map((run) => ({ ...of('systems'), ...whole(run) })),
    ...others.flatMap((other) =>
      differences(own, other).map((row) => ({ ...of('differences'), ...row })),
    ),
    ...[own, ...steps].map((run) => ({ ...of('steps'), ...whole(run) })),
    ...steps.flatMap((step) =>
      differences(step, own).map((row) => ({ ...of('step differences'), ...row })),
    ),
    ...slicesOf(set, systems).map((row) => ({ ...of('slices'), ...row })),
  ];
}

const COMPARED = [
  ['recall@10', 'recallAt10'],
  ['nDCG@10', 'ndcgAt10'],
] as const satisfies readonly [string, keyof QueryScores][];

/** The first less the second, over the same queries, with intervals. */
function differences(first: Run, second: Run) {
  return COMPARED.map(([metric, field]) => {
    const scoresOf = ({ outcomes }: Run) => outcomes.flatMap(({ scores }) => scores?.[field] ?? []);
    const { difference, ratio, notBetter } = comparePaired(scoresOf(first), scoresOf(second));
    return {
      ...{ system: first.system, against: second.system, metric },
      difference: roundedEstimate(difference),
      ratio: ratio === undefined ? null : roundedEstimate(ratio),
      notBetter,
    };
  });
}

function roundedEstimate({ value, low, high }: { value: number; low: number; high: number }) {
  return { value: rounded(value), low: rounded(low), high: rounded(high) };
}

function slicesOf(set: JudgedSet, systems: readonly Run[]) {
  const sliceOf = new Map(set.queries.map(({ id, difficulty }) => [id, difficulty]));
  const slices = [...new Set(sliceOf.values())].filter((slice) => slice !== undefined);
  return systems.flatMap(({ system, outcomes }) =>
    slices.map((slice) => {
      const own = outcomes.filter(({ id }) => sliceOf.get(id) === slice);
      const judged = own.filter(({ scores }) => scores !== undefined);
      const figures = figuresOf(judged);
      const shown = { 'recall@10': figures['recall@10'], 'ndcg@10': figures['ndcg@10'] };
      return { system, slice, judged: judged.length, ...shown };
    }),
  );
}
