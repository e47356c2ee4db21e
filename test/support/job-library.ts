/** A library that is live while jobs come and go, and what is to hold of it meanwhile. */
import { expect } from 'vitest';
import { given, type HandlerApp, LUNCH, RELEASE, resultOf } from './handler-app';

export const REQUEST = { library: 'rules', embedder: 'openai' };

const TRAVEL = 'Trips by train need no approval. Flights need that of the head of department.';

/** What a second job gives: one document changed, one as it was, one new. */
export const SECOND = [
  given('release.md', '# Release rules\n\nA release needs the approval of three reviewers now.\n'),
  LUNCH,
  given('travel.md', `# Travel\n\n${TRAVEL}\n`),
];

const QUERY = 'approval of a release';

/** A live generation, as a query and the store show it. */
export interface LiveLibrary {
  found: { document: string; text: string }[];
  keys: string[];
}

/** Publishes the first generation of the library and says what it is. */
export async function openLibrary(app: HandlerApp): Promise<LiveLibrary> {
  await app.storeKey();
  const { state } = await app.index(REQUEST, [RELEASE, LUNCH]);
  expect(state).toBe('done');
  return liveLibrary(app);
}

export async function liveLibrary(app: HandlerApp, library = 'rules'): Promise<LiveLibrary> {
  const query = { text: QUERY, library, k: 100 };
  const { hits } = resultOf(await app.call('search', query));
  const found = hits.map(({ document, text }: { document: string; text: string }) => ({
    document,
    text,
  }));
  return { found, keys: await app.keys('l:') };
}

/** Texts of documents that the provider was asked for. */
export function paidTexts(app: HandlerApp): string[] {
  return app.embeddedTexts().filter((text) => text !== QUERY);
}

/** Texts of the library's documents, by name, as the live generation has them. */
export async function liveTexts(app: HandlerApp, library = 'rules'): Promise<[string, string][]> {
  const { found } = await liveLibrary(app, library);
  return found
    .map(({ document, text }): [string, string] => [document, text])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Documents as many as wanted, of one chunk each. */
export function rules(count: number): ReturnType<typeof given>[] {
  return Array.from({ length: count }, (_, i) =>
    given(`rule-${i}.md`, `# Rule ${i}\n\nRule number ${i} is about case ${i * 7}.\n`),
  );
}
