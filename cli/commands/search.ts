/** `groundwork search`: passages for a text. */

import { GroundworkError } from '../../src/errors';
import { type Catalogue, librariesOfProject, loadCatalogue } from '../../src/index/catalogue';
import { passageSource, passageText } from '../../src/retrieval/packing';
import { type Hit, type SearchScope, searchPassages } from '../../src/retrieval/search';
import { explanationLines } from '../explanation-lines';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { print } from '../output';

interface SearchOptions extends CommonOptions {
  library?: string;
  project?: string;
  document?: string[];
  k: number;
  explain: boolean;
}

const NOTHING_APPLIES = 'No instruction applies. The nearest passages are:';

export async function searchCommand(text: string, options: SearchOptions): Promise<void> {
  const { result, reading } = await withSite(siteOf(options), async (site) => {
    const catalogue = await site.run('check', (platform) => loadCatalogue(platform.entities));
    if (options.project !== undefined) expectProject(catalogue.result, options.project);
    const { document: documents, k, explain } = options;
    const filter = documents === undefined ? {} : { documents };
    return site.run('search', (platform) =>
      searchPassages(platform, { text, scope: scopeOf(options), k, ...filter }, { explain }),
    );
  });
  const { applies, hits, notes, explanation } = result;
  const { readUnits, roundTrips } = reading;
  const shown = hits.map((hit) => ({ ...toJson(hit), ...(options.explain ? whyOf(hit) : {}) }));
  const json = { applies, hits: shown, notes, readUnits, roundTrips };
  print(options.json, explanation === undefined ? json : { ...json, explanation }, [
    ...notes.map(({ message }) => `note: ${message}`),
    ...(applies ? [] : [hits.length > 0 ? NOTHING_APPLIES : 'Nothing was found.']),
    ...hits.map(formatHit),
    ...explanationLines(explanation),
    `${readUnits} read units, ${roundTrips} round trips`,
  ]);
}

function scopeOf({ project, library }: SearchOptions): SearchScope {
  if (project === undefined) return library === undefined ? 'all' : { library };
  return library === undefined ? { project } : { project, library };
}

/** The local platform has no Jira of its own to ask, so a project is known by its libraries. */
export function expectProject(catalogue: Catalogue, project: string): void {
  if (librariesOfProject(catalogue, project).length > 0) return;
  const known = catalogue.libraries.flatMap(({ projects }) => projects);
  throw new GroundworkError({
    code: 'project_unknown',
    message: `project "${project}": no library is for it; libraries are for: ${[...new Set(known)].join(', ') || 'none yet'}. Check the key, or index with --projects ${project}`,
    facts: { project },
  });
}

/** A hit as programs get it: design names of fields, nothing internal. */
function toJson(hit: Hit) {
  const { rank, score, library, document, headings, start, end, text } = hit;
  return { rank, score, library, document, headings, start, end, text };
}

function whyOf({ cosine, applies }: Hit) {
  return { cosine, applies };
}

function formatHit(hit: Hit): string {
  const text = passageText(hit).replaceAll('\n', '\n     ');
  const verdict = hit.applies ? '' : '  (below the threshold)';
  return `${String(hit.rank).padStart(2)}.  ${hit.score.toFixed(3)}  ${passageSource(hit)}${verdict}\n     ${text}\n`;
}
