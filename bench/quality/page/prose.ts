/** What docs/quality.md says besides figures. */

import { SIGNIFICANCE } from '../../../src/retrieval/threshold';

export const INTRODUCTION = `How well the right passages are found, on judged sets, beside other packages on the same chunks. Made by
\`npm run bench -- quality-page\` from the newest results of \`npm run bench -- quality\`, \`npm run bench -- grounded-units\` and \`npm run bench -- chunking-eval\`
in \`bench/results\`; edit those who make it, not this page.`;

export interface SetProse {
  name: string;
  title: string;
  text: string;
}

export const SETS: readonly SetProse[] = [
  {
    name: 'refinement-eval',
    title: 'Items of Jira: refinement-eval',
    text: `"Refinement retrieval evaluation set": 50 invented Jira items with the passages that must ground them, 45 with passages and 5 to
which nothing applies. Corpora "Code-With Engineering Playbook" (Microsoft, CC-BY-4.0) and "Google Engineering Practices
Documentation" (CC-BY-3.0), 256 documents. It was used to choose weights, so it is no independent test; with 45 items one of
them moves a mean by up to two points, and a difference whose interval holds 0 is none that this set can show.`,
  },
  {
    name: 'codebase-eval',
    title: 'Questions about code: codebase-eval',
    text: `248 questions about 90 files of code and documentation with the chunks that answer them (MIT). Files are given whole; a golden
chunk is marked by the line nearest its middle that its file has once. Nothing was tuned on it.`,
  },
  {
    name: 'handbook-ja',
    title: 'Japanese: handbook-ja',
    text: `Known-item search in a Japanese translation of the GitLab Handbook (CC BY-SA 4.0). Of every document that has one, a section that
begins with prose is taken out: its first sentence is the query, the rest stands as a document of its own, without its
heading and without the name and headings it stood under. No judgement is needed, so it works in any language; a query of one
sentence is no Jira item. The built-in model knows no Japanese, so words alone are measured, and hybrid peers have no row.`,
  },
];

export const FIGURES = `- **recall@k**: of the passages that must be in the prompt (grade 2), the share hit by one of the first k chunks; mean over the
  queries with passages. A chunk hits a passage when it is of the same document and holds its quote, white space folded.
- **nDCG@10**: gain 2^grade − 1; each passage counts once, at the first chunk that hits it.
- **MRR**: one over the rank of the first chunk that hits any labelled passage, to rank 20.
- **tokens@10**: estimated tokens of the first ten chunks together, mean over all queries. Recall without it says nothing.
- **grounded@10**: recall@10 of what reaches the threshold. **hits@10**: recall@10 of what the product gives, after threshold,
  duplicates and the cap per document.
- **missed**: share of the queries with passages for which nothing reaches the threshold; **false**: share of the others for
  which something does.
- **units, trips**: read units (mean, 95th percentile) and round trips (95th percentile) of one query as the product asks it, on
  a reader that keeps nothing.
- **ms** includes the query's embedding where systems are compared.
- **Intervals**: paired bootstrap over the queries with passages, 10,000 resamples with a fixed seed; the interval holds 95 of 100.
- The ranking is scored to depth 20 whatever \`--k\`. \`groundwork eval\` gives the same figures for any corpus and queries, and
  \`--compare\` the same intervals for two settings; \`npm run bench -- quality-sets\` writes these sets in its format.`;

export const PEERS = `Every peer ranks the chunks that Groundwork stores, with its stored vectors, and is asked the same text: of an item the summary
twice, description and labels once. Settings are the best that its documentation offers. vectra appends what words find behind
what vectors find. What is called a stand-in is no package: it is put together here, to have a simple hybrid to compare with.`;

export const STEPS = `The first row is the whole. Selection (duplicates, cap per document) comes after the ranking, so it shows in hits@10 alone. Rows without units are
put together of rankings that the product does not make in one query. The
threshold is calibrated for the whole: where a step changes scores, missed and false are those of a threshold that is not its own.`;

export const PROMPTS = `Passages of the section of the prompt, in estimated tokens, mean over all queries; recall is of the passages that must be there, after
threshold, selection, merging of neighbours and packing into the budget.`;

export const THRESHOLD = `No number is a threshold for all: cosines and lexical scores differ from model to model and from library to library, and grow with
the length of a query. So each library is calibrated when it is published. Short texts of other walks of life, which ship with
the app, are run against it; lines through what they find say what chance finds for a query of a given length. A query grounds
when it does better than chance by more than ${SIGNIFICANCE.short} standard deviations if it is short, and up to ${SIGNIFICANCE.long} if it is long.
[Decision 10](decisions/0010-hybrid-ranking.md) says how, and that the levels were chosen with the items of refinement-eval in
sight; five empty items decide nothing firmly. By words alone the
two kinds of items are not told apart: such a library shows what it finds and says that it went by words. Admins who know their
own library can hold it to golden questions (\`groundwork golden\`).`;
