/** `groundwork refine`: the grounded prompt for a Jira item. */

import { GroundworkError } from '../../src/errors';
import { loadCatalogue } from '../../src/index/catalogue';
import { groundIssue } from '../../src/refinement/ground-issue';
import { explanationLines } from '../explanation-lines';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { print } from '../output';
import { fromCaller } from '../paths';
import { readIssue } from '../read-issue';
import { expectProject } from './search';

interface RefineOptions extends CommonOptions {
  dryRun: boolean;
  tokens?: number;
  explain: boolean;
}

export async function refineCommand(path: string, options: RefineOptions): Promise<void> {
  if (!options.dryRun) {
    throw new GroundworkError({
      code: 'generation_unavailable',
      message: 'refine: generating a suggestion is not built yet; add --dry-run to see the prompt',
    });
  }
  const issue = await readIssue(fromCaller(path));
  const { result, reading } = await withSite(siteOf(options), async (site) => {
    const catalogue = await site.run('check', (platform) => loadCatalogue(platform.entities));
    expectProject(catalogue.result, issue.project);
    return site.run('refine', (platform) =>
      groundIssue(platform, {
        issue,
        searching: { explain: options.explain },
        ...(options.tokens === undefined ? {} : { tokensEstimateMax: options.tokens }),
      }),
    );
  });
  const { section, prompt } = result;
  const { readUnits, roundTrips } = reading;
  const summary = {
    issue: issue.key,
    project: issue.project,
    applies: section.applies,
    citations: section.passages.map(({ citation, score, library, document, headings }) => ({
      citation,
      score,
      library,
      document,
      headings,
    })),
    notes: section.notes,
    isWhole: section.isWhole,
    tokensEstimate: section.tokensEstimate,
    section: section.text,
    prompt,
    readUnits,
    roundTrips,
    ...(section.explanation === undefined ? {} : { explanation: section.explanation }),
  };
  const notes = section.notes.map(({ message }) => `note: ${message}`);
  print(options.json, summary, [
    ...notes,
    prompt,
    ...explanationLines(section.explanation),
    `(${readUnits} read units, ${roundTrips} round trips)`,
  ]);
}
