/** What deleting and synchronising leave of a document: nothing, neither its text nor its name. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../emulator/faults';
import { deleteLibrary } from '../../src/jobs/delete-all';
import { codeRejectedBy } from '../support/error-code';
import { DOCUMENTS_KEY, keysLike, TOMBSTONES_KEY } from '../support/index-site';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  REPLACED,
  without,
} from '../support/library-life';
import { range } from '../support/vector-site';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

describe('a deletion', () => {
  it('of a document leaves a tombstone and a table without its name, and is swept at once', async () => {
    expect(await life.storedParts()).toEqual(range(0, 200));
    await life.remove(DELETED);
    const [large] = await life.segments();
    expect(large?.tombstones).toMatchObject({ documents: 1, chunks: 4 });
    await life.expectOnly(without(BASE, DELETED), [DELETED]);
    await life.expectSwept();
  });

  it('by synchronising does the same', async () => {
    const live = without(BASE, DELETED, REPLACED);
    await life.synchronise(live);
    await life.expectOnly(live, [DELETED, REPLACED]);
    await life.expectSwept();
  });

  it('beside edits in one synchronisation takes away both', async () => {
    const live = { ...without(BASE, DELETED), [EDITED]: [300] };
    await life.synchronise(live);
    await life.expectOnly(live, [DELETED]);
    await life.expectSwept();
  });

  it.each([
    ['deleting it', () => life.remove(EDITED)],
    ['synchronising', () => life.synchronise(without(BASE, EDITED))],
  ])('of a document that was edited takes every form and its name: %s', async (_, remove) => {
    await life.index({ [EDITED]: [300, 301] });
    await life.index({ [EDITED]: [302] });
    expect((await life.segments())[0]?.tombstones).toMatchObject({ documents: 1 });
    await remove();
    await life.expectOnly(without(BASE, EDITED), [EDITED]);
    await life.expectSwept();
  });

  it('takes what an edit of another document of the segment had left', async () => {
    await life.index({ [EDITED]: [300] });
    await life.remove(DELETED);
    await life.expectOnly({ ...without(BASE, DELETED), [EDITED]: [300] }, [DELETED]);
    await life.expectSwept();
  });

  it('of one after another keeps one set of tombstones and one document table', async () => {
    const names = Object.keys(BASE).slice(5, 12);
    for (const [i, name] of names.entries()) {
      await life.remove(name);
      const gone = names.slice(0, i + 1);
      await life.expectOnly(without(BASE, ...gone), gone);
      await life.expectSwept();
    }
    expect(await keysLike(life.site, TOMBSTONES_KEY)).toHaveLength(1);
    expect(await keysLike(life.site, DOCUMENTS_KEY)).toHaveLength(1);
  });

  it('of all documents of a segment drops the segment', async () => {
    await life.index({ 'small.md': [300, 301] });
    await life.remove('small.md');
    expect(await life.segments()).toHaveLength(1);
    await life.expectOnly(BASE, ['small.md']);
    await life.expectSwept();
  });

  it('of a library with many segments leaves no key of it', async () => {
    await life.index({ [EDITED]: [300] });
    await life.index({ 'new.md': [301] });
    await life.remove(DELETED);
    await life.site.run((platform) => deleteLibrary(platform, 'rules'));
    const left = (await life.site.keys()).filter((key) => key.startsWith('plain/'));
    expect(left).toEqual([]);
  });

  const failing = (path: string, nth?: number): FaultRule => ({
    match: { kind: 'kvs', path: `/api/v1/batch/${path}` },
    action: { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' },
    ...(nth === undefined ? {} : { nth }),
  });

  it.each(
    [undefined, 1, 2, 3, 4].flatMap((nth) => [
      { nth, at: nth === undefined ? 'every batch' : `batch ${nth}`, edits: [301] },
      { nth, at: nth === undefined ? 'every batch' : `batch ${nth}`, edits: [300, 301] },
    ]),
  )('whose sweep failed at $at, after edits $edits, is finished by the next job', async (given) => {
    for (const number of given.edits) await life.index({ [EDITED]: [number] });
    life.site.local.calls.setFaults([failing('delete', given.nth)]);
    await codeRejectedBy(life.remove(DELETED));
    life.site.local.calls.setFaults([]);
    await life.index({ 'next.md': [302] });
    const live = { ...without(BASE, DELETED), [EDITED]: [301], 'next.md': [302] };
    await life.expectOnly(live, [DELETED]);
    await life.expectAccounted();
  });

  it('that reads nothing while it sweeps leaves the rest to the job after the next', async () => {
    await life.index({ [EDITED]: [300] });
    life.site.local.calls.setFaults([failing('delete')]);
    expect(await codeRejectedBy(life.remove(DELETED))).toBe('store_unavailable');
    // The next job publishes, and then reads no document table of what it is to sweep.
    const keepsEmbedded = true;
    const beforePublish = async () => life.site.local.calls.setFaults([failing('get')]);
    const report = await life.index({ 'next.md': [302] }, { keepsEmbedded, beforePublish });
    expect(report).toMatchObject({ generation: 4, indexed: 1 });
    life.site.local.calls.setFaults([]);
    await life.index({ 'after.md': [303] }, { keepsEmbedded });
    const added = { [EDITED]: [300], 'next.md': [302], 'after.md': [303] };
    await life.expectOnly({ ...without(BASE, DELETED), ...added }, [DELETED]);
    await life.expectAccounted();
  });
});
