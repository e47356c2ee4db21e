/** Jobs and deletions that somebody else overtakes: what won stays whole, and jobs go on from it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import { MANIFEST_ENTITY } from '../../src/index/keys';
import { deleteLibrary } from '../../src/jobs/delete-all';
import type { Platform } from '../../src/platform/ports';
import { isForeignText } from '../support/document-calls';
import { codeRejectedBy } from '../support/error-code';
import { type IndexOptions, RECORD_KEY } from '../support/index-site';
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
import { withoutLeases } from '../support/watched-platform';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

/** Indexes beside a job that holds the lease of the library, as by a clock that is wrong. */
const indexBeside = (documents: VectorDocuments, options: Partial<IndexOptions> = {}) =>
  life.site.run((platform) =>
    life.index(documents, { ...options, overrides: withoutLeases(platform) }),
  );
const synchroniseBeside = (documents: VectorDocuments) => indexBeside(documents, { sync: true });

describe('a job that loses the library to another', () => {
  const EDIT: VectorDocuments = { [EDITED]: [300, 301] };

  it.each([
    ['an edit', () => indexBeside({ [REPLACED]: [302] }), { ...BASE, [REPLACED]: [302] }],
    [
      'an edit of the same document',
      () => indexBeside({ [EDITED]: [302] }),
      {
        ...BASE,
        [EDITED]: [302],
      },
    ],
    ['a deletion', () => life.remove(DELETED), without(BASE, DELETED)],
    ['a deletion of the same document', () => life.remove(EDITED), without(BASE, EDITED)],
    [
      'a synchronisation',
      () => synchroniseBeside(without(BASE, DELETED, EDITED)),
      without(BASE, DELETED, EDITED),
    ],
  ])(
    'publishes on top of the generation that won, and leaves it whole: %s',
    async (_, win, won) => {
      life.provider.embedded.length = 0;
      let winners = 0;
      const report = await life.index(EDIT, {
        beforePublish: async (nth) => {
          if (nth === 1) {
            await win();
            winners = life.provider.embedded.length - 2;
          } else await life.expectFound(won);
        },
      });
      expect(report).toMatchObject({ generation: 3, indexed: 1, embedded: 2 });
      // What the job had embedded before it lost is not paid for again.
      expect(life.provider.embedded).toHaveLength(2 + winners);
      await life.expectFound({ ...won, ...EDIT });
      await life.expectAccounted();
    },
  );

  it('publishes nothing when the winner had the same', async () => {
    const report = await life.index(EDIT, {
      beforePublish: async () => void (await indexBeside(EDIT)),
    });
    // What it had paid for all the same.
    expect(report).toMatchObject({ generation: 2, indexed: 0, unchanged: 1, embedded: 2 });
    await life.expectFound({ ...BASE, ...EDIT });
    await life.expectAccounted();
  });

  it('again and again says so after six plans, and leaves nothing', async () => {
    let won = 0;
    const losing = life.index(EDIT, {
      beforePublish: async (nth) => {
        await indexBeside({ 'winner.md': [400 + nth] });
        won = nth;
      },
    });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    expect(won).toBe(6);
    await life.expectFound({ ...BASE, 'winner.md': [406] });
    await life.expectAccounted();
  });

  it('plans again when that swept what it was to merge', async () => {
    const many = inDocuments(range(300, 360), { prefix: 'many', chunks: 4 });
    const embed = life.provider.doEmbed;
    const provider = {
      ...life.provider,
      async doEmbed(texts: readonly string[]) {
        if (!texts.some(isForeignText)) await life.remove(DELETED);
        return embed(texts, 'document');
      },
    };
    const report = await life.index(many, { provider });
    expect(report).toMatchObject({ generation: 3, indexed: 15, embedded: 60 });
    await life.expectFound({ ...without(BASE, DELETED), ...many });
    await life.expectAccounted();
  });

  it('plans again when that swept what it is about to merge, and does not say it is missing', async () => {
    const many = inDocuments(range(300, 360), { prefix: 'many', chunks: 4 });
    const own = new Set((await life.segments()).map(({ documentsJob }) => documentsJob));
    expect(own.size).toBe(1);
    let isDone = false;
    const report = await life.site.run((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = async (keys) => {
        // The seal reads the records of all that it merges.
        if (!isDone && keys.some((key) => RECORD_KEY.test(`plain//${key}`))) {
          isDone = true;
          await life.remove(DELETED);
        }
        return kv.batchGet(keys);
      };
      return life.indexOn({ ...platform, kv: { ...kv, batchGet } }, many);
    });
    expect(isDone).toBe(true);
    expect(report).toMatchObject({ generation: 3, indexed: 15, embedded: 60 });
    await life.expectFound({ ...without(BASE, DELETED), ...many });
    await life.expectAccounted();
  });

  it('made anew under its name ends, as whoever deleted it does not want it back', async () => {
    const losing = life.index(EDIT, {
      beforePublish: async () => {
        await life.site.run((platform) => deleteLibrary(platform, 'rules'));
        await indexBeside({ 'anew.md': [302] });
      },
    });
    expect(await codeRejectedBy(losing)).toBe('library_deleted');
    await life.expectFound({ 'anew.md': [302] });
    await life.expectAccounted();
  });

  it('sweeps nothing that is live, published between its reads', async () => {
    const report = await betweenReads((platform) => life.indexOn(platform, EDIT));
    expect(report).toMatchObject({ generation: 4, indexed: 1, embedded: 2 });
    await life.expectFound({ ...BASE, 'new.md': [305], 'newer.md': [306], ...EDIT });
    await life.expectAccounted();
  });

  it('sweeps nothing that is live either when it is a deletion', async () => {
    const request = { library: 'rules', document: 'x.md' };
    const deletion = betweenReads((platform) => deleteDocument(platform, request));
    expect(await codeRejectedBy(deletion)).toBe('document_unknown');
    await life.expectFound({ ...BASE, 'new.md': [305], 'newer.md': [306] });
    await life.expectAccounted();
  });

  /** Runs with two generations published before the first manifest that is read. */
  function betweenReads<T>(work: (platform: Platform) => Promise<T>): Promise<T> {
    let isDone = false;
    return life.site.run((platform) => {
      const { entities } = platform;
      const get: typeof entities.get = async (entity, key) => {
        if (entity === MANIFEST_ENTITY && !isDone) {
          isDone = true;
          await indexBeside({ 'new.md': [305] });
          await indexBeside({ 'newer.md': [306] });
        }
        return entities.get(entity, key);
      };
      return work({ ...platform, entities: { ...entities, get } });
    });
  }

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
