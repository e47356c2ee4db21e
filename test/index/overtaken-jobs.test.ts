/** Jobs and deletions that somebody else overtakes: the generation that won stays whole. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import { MANIFEST_ENTITY } from '../../src/index/keys';
import type { Platform } from '../../src/platform/ports';
import { codeRejectedBy } from '../support/error-code';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  REPLACED,
  without,
} from '../support/library-life';
import { inDocuments, range, type VectorDocuments } from '../support/vector-site';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

describe('a job that loses the library to another', () => {
  const EDIT: VectorDocuments = { [EDITED]: [300, 301] };

  it.each([
    ['an edit', () => life.index({ [REPLACED]: [302] })],
    ['an edit of the same document', () => life.index({ [EDITED]: [302] })],
    ['a deletion', () => life.remove(DELETED)],
    ['a deletion of the same document', () => life.remove(EDITED)],
    ['a synchronisation', () => life.synchronise(without(BASE, DELETED, EDITED))],
  ])('leaves the generation of the winner whole: %s', async (_, win) => {
    const losing = life.index(EDIT, { beforePublish: async () => void (await win()) });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    await life.expectAccounted();
    const { segments } = await life.library();
    const found = await life.everythingFound();
    const chunks = segments.reduce((sum, s) => sum + s.chunks - (s.tombstones?.chunks ?? 0), 0);
    expect(found.size).toBe(chunks);
    expect([...found].join()).not.toMatch(/ 300,| 301,/);
    await life.index(EDIT);
    await life.expectAccounted();
  });

  it('says so, and not that a value is missing, when that swept what it was to merge', async () => {
    const many = inDocuments(range(300, 360), { prefix: 'many', chunks: 4 });
    const embed = life.provider.doEmbed;
    const provider = {
      ...life.provider,
      async doEmbed(texts: readonly string[]) {
        await life.remove(DELETED);
        return embed(texts, 'document');
      },
    };
    expect(await codeRejectedBy(life.index(many, { provider }))).toBe('publish_lost');
    await life.expectSwept();
  });

  it.each([
    ['a job', (platform: Platform) => life.indexOn(platform, EDIT)],
    [
      'a deletion',
      (platform: Platform) => deleteDocument(platform, { library: 'rules', document: 'x.md' }),
    ],
  ])('sweeps nothing that is live, published between its reads: %s', async (_, work) => {
    let isDone = false;
    const losing = life.site.run((platform) => {
      const { entities } = platform;
      const get: typeof entities.get = async (entity, key) => {
        if (entity === MANIFEST_ENTITY && !isDone) {
          isDone = true;
          await life.index({ 'new.md': [305] });
          await life.index({ 'newer.md': [306] });
        }
        return entities.get(entity, key);
      };
      return work({ ...platform, entities: { ...entities, get } });
    });
    expect(await codeRejectedBy(losing)).toMatch(/publish_lost|document_unknown/);
    await life.expectAccounted();
    expect(await life.everythingFound()).toContain('new.md 305');
  });

  it('starts from the newer generation where the older was swept while the job read it', async () => {
    /** Runs with a deletion before the first batch that is read. */
    const overtaken = <T>(work: (platform: Platform) => Promise<T>): Promise<T> => {
      let isDone = false;
      return life.site.run((platform) => {
        const { kv } = platform;
        const batchGet: typeof kv.batchGet = async (keys) => {
          if (!isDone) {
            isDone = true;
            await life.remove(DELETED);
          }
          return kv.batchGet(keys);
        };
        return work({ ...platform, kv: { ...kv, batchGet } });
      });
    };
    const report = await overtaken((platform) => life.indexOn(platform, EDIT));
    expect(report).toMatchObject({ generation: 3, indexed: 1 });
    await life.expectAccounted();
    await life.index({ [DELETED]: [304] });
    const request = { library: 'rules', document: EDITED };
    const removed = await overtaken((platform) => deleteDocument(platform, request));
    expect(removed).toEqual({ generation: 6, chunks: 2 });
    await life.expectSwept();
  });
});
