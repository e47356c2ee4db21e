/** Making the generation before live again, and what keeps it or does not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type IndexManifest, loadManifest } from '../../src/index/catalogue';
import { deleteDocument } from '../../src/index/delete';
import { restorePrevious } from '../../src/index/restore';
import { deleteLibrary } from '../../src/jobs/delete-all';
import { codeRejectedBy } from '../support/error-code';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  without,
} from '../support/library-life';
import { inDocuments, range } from '../support/vector-site';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

const restore = (library = 'rules') =>
  life.site.run((platform) => restorePrevious(platform, { library }));

async function manifest(): Promise<IndexManifest> {
  const { id } = await life.library();
  const found = await life.site.run(({ entities }) => loadManifest(entities, id));
  return found as IndexManifest;
}

const EDIT = { [EDITED]: [300, 301] };
const EDITED_BASE = { ...BASE, ...EDIT };

describe('restoring', () => {
  it('gives back what an edit replaced, as a new generation', async () => {
    await life.index(EDIT);
    await life.expectFound(EDITED_BASE);
    expect(await restore()).toEqual({ generation: 3 });
    await life.expectFound(BASE);
    expect(await life.library()).toMatchObject({ generation: 3, projects: 'all' });
    await life.expectAccounted();
  });

  it('twice is as if nothing had been restored', async () => {
    await life.index(EDIT);
    await restore();
    expect(await restore()).toEqual({ generation: 4 });
    await life.expectFound(EDITED_BASE);
    await life.site.sweepLater();
    await life.expectAccounted();
    await restore();
    await life.expectFound(BASE);
  });

  it('gives back what was, across sweeps, jobs and compaction', async () => {
    await life.index(EDIT);
    await life.index(inDocuments(range(310, 360), { prefix: 'many', chunks: 4 }));
    expect(await life.segments()).toHaveLength(1);
    await life.site.sweepLater();
    await restore();
    await life.expectFound(EDITED_BASE);
    await life.site.sweepLater();
    await life.expectAccounted();
    await life.index({ 'new.md': [302] });
    await life.index({ 'newer.md': [303] });
    await life.site.sweepLater();
    await life.expectFound({ ...EDITED_BASE, 'new.md': [302], 'newer.md': [303] });
    await life.expectAccounted();
  });

  it('leaves nothing behind of states that were retired out of their order', async () => {
    await life.index({ [EDITED]: [300] });
    await restore();
    await life.index({ [DELETED]: [301] });
    await life.index(inDocuments(range(310, 360), { prefix: 'many', chunks: 4 }));
    await life.index({ 'new.md': [302] });
    await life.index({ 'newer.md': [303] });
    await life.site.sweepLater();
    await life.expectAccounted();
    const gone = [300, ...(BASE[DELETED] ?? [])];
    const parts = new Set(await life.storedParts());
    expect(gone.filter((number) => parts.has(number))).toEqual([]);
  });

  it('is of no use before the second publish, and names a library that is not there', async () => {
    expect(await codeRejectedBy(restore())).toBe('nothing_to_restore');
    expect(await codeRejectedBy(restore('absent'))).toBe('library_unknown');
    expect(await life.library()).toMatchObject({ generation: 1 });
  });

  it('is refused after a deletion, whose text would come back', async () => {
    await life.index(EDIT);
    await life.remove(DELETED);
    expect(await codeRejectedBy(restore())).toBe('nothing_to_restore');
    await life.index({ 'new.md': [302] });
    await life.synchronise({ ...without(EDITED_BASE, DELETED) });
    expect(await codeRejectedBy(restore())).toBe('nothing_to_restore');
    await life.expectSwept();
  });

  it('loses to whoever publishes meanwhile', async () => {
    await life.index(EDIT);
    const losing = life.site.run((platform) => {
      const { entities } = platform;
      const transact: typeof entities.transact = async (sets) => {
        await life.index({ 'new.md': [302] });
        return entities.transact(sets);
      };
      const overtaken = { ...platform, entities: { ...entities, transact } };
      return restorePrevious(overtaken, { library: 'rules' });
    });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    await life.expectFound({ ...EDITED_BASE, 'new.md': [302] });
    await life.expectAccounted();
  });

  it('is what a job that planned before it publishes on top of', async () => {
    await life.index(EDIT);
    const beforePublish = async (nth: number) => {
      if (nth === 1) await restore();
    };
    life.provider.embedded.length = 0;
    const report = await life.index({ 'new.md': [302] }, { beforePublish });
    expect(report).toMatchObject({ generation: 4, indexed: 1 });
    expect(life.provider.embedded).toHaveLength(1);
    await life.expectFound({ ...BASE, 'new.md': [302] });
    await life.expectAccounted();
    await restore();
    await life.expectFound(BASE);
  });
});

describe('the generation before', () => {
  it('stays what it was when only the projects change', async () => {
    await life.index(EDIT);
    const { previous } = await manifest();
    await life.index({}, { projects: ['ACME'] });
    expect(await manifest()).toMatchObject({ generation: 3, previous, retired: [] });
    await restore();
    await life.expectFound(BASE);
    expect(await life.library()).toMatchObject({ projects: ['ACME'] });
  });

  it('goes with a deletion of what only it holds', async () => {
    await life.index({ 'new.md': [302] });
    await restore();
    expect(await life.remove('new.md')).toEqual({ generation: 4, chunks: 1 });
    expect(await codeRejectedBy(restore())).toBe('nothing_to_restore');
    await life.expectOnly(BASE, ['new.md']);
    await life.expectSwept();
    expect(await codeRejectedBy(life.remove('new.md'))).toBe('document_unknown');
  });

  it('goes with a deletion of what only a retired one holds', async () => {
    await life.index({ 'new.md': [302] });
    await restore();
    await life.index(EDIT);
    expect((await manifest()).retired).toHaveLength(1);
    expect(await life.remove('new.md')).toEqual({ generation: 5, chunks: 1 });
    await life.expectOnly(EDITED_BASE, ['new.md']);
    await life.expectSwept();
  });

  it('goes with its library', async () => {
    await life.index(EDIT);
    await life.index({ 'new.md': [302] });
    life.site.settings.queryLagMs = 60_000;
    await life.site.run((platform) => deleteLibrary(platform, 'rules'));
    const left = (await life.site.keys()).filter((key) => key.startsWith('plain/'));
    expect(left).toEqual([]);
  });

  it('is not restored while it is deleted', async () => {
    await life.index(EDIT);
    const losing = life.site.run((platform) => {
      const { entities } = platform;
      const transact: typeof entities.transact = async (sets) => {
        await life.site.run((other) =>
          deleteDocument(other, { library: 'rules', document: DELETED }),
        );
        return entities.transact(sets);
      };
      const overtaken = { ...platform, entities: { ...entities, transact } };
      return restorePrevious(overtaken, { library: 'rules' });
    });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    await life.expectOnly(without(EDITED_BASE, DELETED), [DELETED]);
  });
});
