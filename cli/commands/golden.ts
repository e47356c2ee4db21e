/** `groundwork golden`: questions that an admin keeps with a library, and what it makes of them. */

import type { AbsentPassages } from '../../src/evaluation/absent-passages';
import {
  previousGeneration,
  type QuestionOutcome,
  runGoldenQuestions,
} from '../../src/evaluation/golden-run';
import { compareGolden, summarizeGolden } from '../../src/evaluation/golden-summary';
import {
  deleteGoldenQuestions,
  keepGoldenQuestions,
  listGoldenQuestions,
} from '../../src/evaluation/keep-golden';
import { expectComparable, type RunNote } from '../../src/evaluation/run-notes';
import type { Platform } from '../../src/platform/ports';
import { readGoldenFile } from '../golden-file';
import { type Site, withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { print } from '../output';
import { parseSetting } from '../settings';

interface GoldenOptions extends CommonOptions {
  library: string;
}

interface GoldenRunOptions extends GoldenOptions {
  generation?: string;
  setting: string;
  compare?: string;
  details: boolean;
}

/** The generation before the live one, whatever its number. */
const PREVIOUS = 'previous';

export async function goldenSetCommand(path: string, options: GoldenOptions): Promise<void> {
  const given = await readGoldenFile(path);
  const { library, json } = options;
  const { result } = await withSite(siteOf(options), (site) =>
    site.run('golden set', (platform) => keepGoldenQuestions(platform, library, given)),
  );
  print(json, { library, ...result }, [
    `library "${library}": ${result.questions} golden questions kept`,
    ...absenceLines(result),
  ]);
}

export async function goldenListCommand(options: GoldenOptions): Promise<void> {
  const { result: questions } = await withSite(siteOf(options), (site) =>
    site.run('golden list', (platform) => listGoldenQuestions(platform, options.library)),
  );
  const lines = questions.map(({ text, document, quote }) => {
    const given = { text, ...(document === null ? { nothingApplies: true } : { document }) };
    return JSON.stringify({ ...given, ...(quote === null ? {} : { quote }) });
  });
  print(options.json, { library: options.library, questions }, lines);
}

export async function goldenDeleteCommand(options: GoldenOptions): Promise<void> {
  const { library } = options;
  await withSite(siteOf(options), (site) =>
    site.run('golden delete', (platform) => deleteGoldenQuestions(platform, library)),
  );
  print(options.json, { library, questions: 0 }, [`library "${library}": no golden questions`]);
}

/** What the questions expect in vain. */
function absenceLines(absent: AbsentPassages): string[] {
  const { unknownDocuments, unknownQuotes, quotesUnchecked } = absent;
  return [
    ...unknownDocuments.map((name) => `expected, but not in the library: ${name}`),
    ...unknownQuotes.map(({ document, quote, isCut }) => {
      const why = isCut ? 'crosses a cut between two chunks, give a part of it' : 'is not there';
      return `${document}: a quote ${why}: ${JSON.stringify(quote)}`;
    }),
    ...(quotesUnchecked === 0 ? [] : [`${quotesUnchecked} quotes were not looked for`]),
  ];
}

export async function goldenRunCommand(options: GoldenRunOptions): Promise<void> {
  const { setting, generation, compare, details, json } = options;
  const other = compare === undefined ? undefined : otherRun(compare, { setting, generation });
  const runs = await withSite(siteOf(options), async (site) => {
    const first = await runAll(site, options.library, { setting, generation });
    if (other === undefined) return [first];
    expectComparable(nameOf(first), first.notes);
    const second = await runAll(site, options.library, other);
    expectComparable(nameOf(second), second.notes);
    return [first, second];
  });
  const of = ({ outcomes, ...run }: Run) => ({
    ...run,
    ...summarizeGolden(outcomes),
    ...(details ? { details: outcomes } : {}),
  });
  const [first, second] = runs as [Run, Run?];
  if (second === undefined) print(json, of(first), textOf(first, details));
  else {
    const difference = compareGolden(first.outcomes, second.outcomes);
    const { better, worse, reciprocalRank } = difference;
    const mrr = reciprocalRank?.difference;
    print(json, { runs: [of(first), of(second)], difference }, [
      ...textOf(first, details),
      ...textOf(second, details),
      ...better.map((one) => `better  ${one.text}: ${one.first.verdict} → ${one.second.verdict}`),
      ...worse.map((one) => `worse   ${one.text}: ${one.first.verdict} → ${one.second.verdict}`),
      `the second less the first: ${better.length} better, ${worse.length} worse` +
        (mrr === undefined ? '' : `; MRR ${signed(mrr.value)}`) +
        (mrr === undefined ? '' : ` (${signed(mrr.low)} to ${signed(mrr.high)})`),
    ]);
  }
}

interface RunWish {
  setting: string;
  /** A number, `previous`, or undefined for the live one. */
  generation: string | undefined;
}

interface Run {
  library: string;
  generation: number;
  setting: string;
  outcomes: QuestionOutcome[];
  notes: RunNote[];
}

/** `--compare` names what is different in the second run: a generation, or else a setting. */
function otherRun(compare: string, first: RunWish): RunWish {
  const isGeneration = compare === PREVIOUS || /^\d+$/.test(compare);
  return isGeneration ? { ...first, generation: compare } : { ...first, setting: compare };
}

async function runAll(site: Site, library: string, wish: RunWish): Promise<Run> {
  const knobs = parseSetting(wish.setting);
  const { result } = await site.run('golden run', async (platform) => {
    const generation = await generationOf(platform, library, wish.generation);
    const all = { first: 0, count: Number.POSITIVE_INFINITY };
    return runGoldenQuestions(platform, { library, generation, knobs, ...all });
  });
  const { generation, outcomes, notes } = result;
  return { library, generation, setting: wish.setting, outcomes, notes };
}

function nameOf({ generation, setting }: Run): string {
  return `generation ${generation} with the setting ${setting}`;
}

async function generationOf(platform: Platform, library: string, wish: string | undefined) {
  if (wish === PREVIOUS) return previousGeneration(platform, library);
  return wish === undefined ? undefined : Number(wish);
}

function textOf(
  { library, generation, setting, outcomes, notes }: Run,
  details: boolean,
): string[] {
  const summary = summarizeGolden(outcomes);
  const { questions, expecting, empty, unknownDocuments: unknown } = summary;
  const shown = (
    figure: 'recall@5' | 'recall@10' | 'mrr' | 'groundedRecall@10' | 'falseGrounding',
  ) => summary[figure] ?? '–';
  return [
    `library "${library}", generation ${generation}, ${setting}: ${questions} questions`,
    ...notes.map(({ message }) => `  note: ${message}`),
    ...(details ? outcomes.map(lineOf) : []),
    `  of ${expecting} that expect a passage: recall@5 ${shown('recall@5')}, recall@10 ` +
      `${shown('recall@10')}, MRR ${shown('mrr')}, above the threshold ${shown('groundedRecall@10')}`,
    `  of ${empty} to which nothing applies: grounded all the same ${shown('falseGrounding')}`,
    ...(unknown === 0 ? [] : [`  ${unknown} expect a document that this generation has not`]),
  ];
}

function lineOf({ text, verdict, rank, first }: QuestionOutcome): string {
  const where = rank === null ? `first is ${first ?? 'nothing'}` : `rank ${rank}`;
  return `  ${verdict.padEnd(16)} ${text.replace(/\s+/g, ' ').slice(0, 100)}  (${where})`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
}
