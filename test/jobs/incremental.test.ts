/** What a change of a document, of a library or of nothing at all makes a job embed. */
import { describe, expect, it } from 'vitest';
import { eachTestApp } from '../support/each-app';
import { given, type HandlerApp, resultOf } from '../support/handler-app';
import { liveTexts, paidTexts, REQUEST } from '../support/job-library';

/** Sections long enough that each is a chunk of its own. */
const section = (title: string) =>
  `## ${title}\n\n${`The rule of ${title} holds for all that we do. `.repeat(30)}\n\n`;
const TITLES = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon'];
const handbook = (titles: readonly string[]) =>
  given('handbook.md', `# Handbook\n\n${titles.map(section).join('')}`);

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

/** Indexes and says which texts were embedded for it. */
async function indexed(documents: Parameters<HandlerApp['index']>[1], request: object = REQUEST) {
  const before = paidTexts(app).length;
  const view = await app.index(request, documents);
  expect(view.state).toBe('done');
  expect(await app.keys('t:')).toEqual([]);
  return { view, texts: paidTexts(app).slice(before) };
}

async function chunksOf(titles: readonly string[]): Promise<number> {
  const { view } = await indexed([handbook(titles)]);
  return view.chunks.total;
}

describe('a document that is indexed again', () => {
  it('as it is embeds nothing and publishes nothing', async () => {
    await chunksOf(TITLES);
    const { view, texts } = await indexed([handbook(TITLES)]);
    expect(texts).toEqual([]);
    expect(view).toMatchObject({ generation: 1, documents: { unchanged: 1, indexed: 0 } });
  });

  it('with a change at its top embeds the chunk that changed alone', async () => {
    const chunks = await chunksOf(TITLES);
    expect(chunks).toBeGreaterThanOrEqual(5);
    const changed = ['Alpha 2', ...TITLES.slice(1)];
    const { view, texts } = await indexed([handbook(changed)]);
    for (const text of texts) expect(text).toContain('Alpha 2');
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.length).toBeLessThan(chunks / 2);
    expect(view).toMatchObject({
      generation: 2,
      chunks: { total: chunks, toEmbed: texts.length, reused: chunks - texts.length },
      chunksLive: chunks,
    });
  });

  it('with a section more moves those below it and embeds that one', async () => {
    const chunks = await chunksOf(TITLES);
    const more = ['Alpha', 'Omega', ...TITLES.slice(1)];
    const { view, texts } = await indexed([handbook(more)]);
    for (const text of texts) expect(text).toContain('Omega');
    expect(view.chunks.total).toBe(chunks + texts.length);
    // What was moved is cut out of the document where it stands now.
    const source = Buffer.from(handbook(more).content, 'base64').toString();
    const { hits } = resultOf(await app.call('search', { text: 'rule of Epsilon', k: 100 }));
    expect(hits).toHaveLength(view.chunks.total);
    for (const { start, end, text } of hits) expect(source.slice(start, end)).toBe(text);
  });

  it('with a section less embeds nothing', async () => {
    await chunksOf(TITLES);
    const fewer = TITLES.filter((title) => title !== 'Gamma');
    const { view, texts } = await indexed([handbook(fewer)]);
    expect(texts).toEqual([]);
    expect(view).toMatchObject({ generation: 2, documents: { indexed: 1 } });
    expect((await liveTexts(app)).join()).not.toContain('Gamma');
  });

  it('with other metadata and the same text embeds nothing', async () => {
    const page = (author: string) =>
      given(
        'page.html',
        `<html><head><meta name="author" content="${author}"></head><body><h1>Trips</h1>` +
          '<p>Trips by train need no approval.</p></body></html>',
      );
    await indexed([page('Ada')]);
    const { view, texts } = await indexed([page('Grace')]);
    expect(texts).toEqual([]);
    expect(view).toMatchObject({ generation: 2, chunks: { total: 1, reused: 1, toEmbed: 0 } });
  });

  it('under another name is another document', async () => {
    const chunks = await chunksOf(TITLES);
    const renamed = { ...handbook(TITLES), name: 'rules.md' };
    const { texts } = await indexed([renamed], { ...REQUEST, sync: true });
    expect(texts).toHaveLength(chunks);
    const names = new Set((await liveTexts(app)).map(([name]) => name));
    expect(names).toEqual(new Set(['rules.md']));
  });

  it('with the same chunk twice embeds the second once', async () => {
    await chunksOf(TITLES);
    const { texts } = await indexed([handbook([...TITLES, 'Alpha'])]);
    expect(texts.length).toBeLessThanOrEqual(1);
    const again = await indexed([handbook([...TITLES, 'Alpha', 'Beta'])]);
    for (const text of again.texts) expect(text).toContain('Beta');
  });
});

describe('a library', () => {
  it('given to other projects embeds nothing, and keeps what can be restored', async () => {
    await chunksOf(TITLES);
    const { view, texts } = await indexed([], { ...REQUEST, projects: ['PAY'] });
    expect(texts).toEqual([]);
    expect(view).toMatchObject({ generation: 2, documents: { total: 0, deleted: 0 } });
    const { libraries } = resultOf(await app.call('listLibraries', {}));
    expect(libraries).toMatchObject([{ projects: ['PAY'], documents: 1, canRestore: false }]);
    expect((await indexed([], { ...REQUEST, projects: ['PAY'] })).view.generation).toBe(2);
  });

  it('restored and indexed again embeds nothing that it had', async () => {
    const chunks = await chunksOf(TITLES);
    await indexed([handbook(['Zeta', ...TITLES])]);
    const { generation } = resultOf(await app.call('restoreLibrary', { library: 'rules' }));
    expect(generation).toBe(3);
    const { view, texts } = await indexed([handbook(TITLES)]);
    expect(texts).toEqual([]);
    expect(view).toMatchObject({ generation: 3, chunksLive: chunks });
  });

  it('of which one document of many changed embeds its chunk', async () => {
    const many = Array.from({ length: 60 }, (_, i) => given(`${i}.md`, `Rule ${i} is fine.\n`));
    await indexed(many);
    const changed = many.map((one, i) => (i === 7 ? given('7.md', 'Rule 7 is gone.\n') : one));
    const { view, texts } = await indexed(changed);
    expect(texts).toEqual([expect.stringContaining('Rule 7 is gone.')]);
    expect(view).toMatchObject({ documents: { indexed: 1, unchanged: 59 }, chunksLive: 60 });
  });
});
