/**
 * `npm run demo`: the whole path on the sample handbook. Indexes `examples/instructions` with the
 * built-in model into the embedded store, then grounds three Jira items and says what each cost.
 */

import { KVS_READ_UNITS_PER_MINUTE } from '../src/platform/limits';
import { groundIssue } from '../src/refinement/ground-issue';
import { passageSource } from '../src/retrieval/packing';
import { indexInto } from './commands/index';
import { type Measured, type Site, withSite } from './local-site';
import { grouped, printError } from './output';
import { ofPackage } from './paths';
import { readDocuments } from './read-documents';
import { readIssue } from './read-issue';

const LIBRARY = 'Harbour Lane handbook';
/** Two stories, and an item that no instruction is about. */
const ISSUES = ['RET-214', 'MOB-152', 'OFF-12'];

await withSite({ store: ofPackage('.groundwork'), installation: 'demo' }, demonstrate).catch(
  (error) => {
    printError(false, error);
    process.exitCode = 1;
  },
);

async function demonstrate(site: Site): Promise<void> {
  await indexHandbook(site);
  for (const key of ISSUES) await ground(site, key);
  heading('Try');
  console.log(
    [
      'npm run -s groundwork -- search "who approves a large refund" --installation demo',
      'npm run -s groundwork -- refine examples/issues/CAR-388.json --dry-run --installation demo',
      'npm run -s groundwork -- help',
    ].join('\n'),
  );
}

async function indexHandbook(site: Site): Promise<void> {
  const folder = ofPackage('examples', 'instructions');
  const documents = await readDocuments([folder]);
  heading(`Indexing ${documents.length} instructions with the built-in model (no key, no network)`);
  const { result, reading, ms } = await site.run('index', (platform) =>
    indexInto(platform, documents, {
      library: LIBRARY,
      projects: 'all',
      embedder: 'builtin',
      sync: true,
    }),
  );
  const { indexed, unchanged, refused, chunks, embedded, generation } = result;
  console.log(
    `${documents.length} given = ${indexed} indexed + ${unchanged} unchanged + ${refused.length} refused; ` +
      `${chunks} chunks, generation ${generation}`,
  );
  console.log(
    embedded === 0
      ? `Nothing was embedded: no document has changed since the last run (${seconds(ms)}).`
      : `${embedded} chunks embedded, ${grouped(result.tokens)} tokens, ` +
          `${reading.writeUnits} write units, ${seconds(ms)}`,
  );
}

async function ground(site: Site, key: string): Promise<void> {
  const issue = await readIssue(ofPackage('examples', 'issues', `${key}.json`));
  const measured = await site.run('refine', (platform) => groundIssue(platform, { issue }));
  const { section } = measured.result;
  heading(`${issue.key} · ${issue.type} · ${issue.summary}`);
  if (!section.applies) console.log('No instruction applies.');
  for (const passage of section.passages) {
    console.log(`[${passage.citation}] ${passage.score.toFixed(3)}  ${passageSource(passage)}`);
  }
  console.log('\nPrompt section:\n');
  console.log(section.text.replaceAll(/^/gm, '  | '));
  console.log(ledger(measured, section.tokensEstimate));
}

/** What the grounding cost, and how often a minute Forge's read quota allows it. */
function ledger({ reading, ms }: Measured<unknown>, tokensEstimate: number): string {
  const { roundTrips, readUnits, bytesRead } = reading;
  return (
    `Ledger: ${roundTrips} round trips, ${readUnits} read units, ${grouped(bytesRead)} bytes, ` +
    `${ms.toFixed(0)} ms here, about ${grouped(tokensEstimate)} tokens of prompt. ` +
    `Forge's quota of ${grouped(KVS_READ_UNITS_PER_MINUTE)} read units a minute allows ` +
    `${Math.floor(KVS_READ_UNITS_PER_MINUTE / readUnits)} such refinements a minute.`
  );
}

function heading(text: string): void {
  console.log(`\n${text}\n${'─'.repeat(Math.min(text.length, 100))}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
