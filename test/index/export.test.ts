/** Exporting a library: all of it, of one generation, and nothing that is the installation's own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/index/catalogue';
import { exportLibrary } from '../../src/index/export-library';
import { liveDocuments, loadRecords, loadSegmentDocuments } from '../../src/index/reader';
import type { Platform } from '../../src/platform/ports';
import { recordKeysOf, rewriteJson } from '../support/damage';
import { codeRejectedBy } from '../support/error-code';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  without,
} from '../support/library-life';
import { read } from '../support/sample-export';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

const exported = (change: (platform: Platform) => Partial<Platform> = () => ({}), name = 'rules') =>
  life.site.run(async (platform) => {
    const lines: string[] = [];
    for await (const line of exportLibrary({ ...platform, ...change(platform) }, name)) {
      lines.push(line);
    }
    return lines;
  });

describe('an export of a library', () => {
  it('holds every live document, chunk and vector, and no other', async () => {
    await life.index({ [EDITED]: [300, 301] });
    await life.remove(DELETED);
    const { manifest, documents } = await read(await exported());
    const library = await life.library();
    expect(manifest).toEqual({
      ...{ library: 'rules', projects: 'all', generation: 3, documents: 49, chunks: 194 },
      fingerprint: library.fingerprint,
    });
    const live = { ...without(BASE, DELETED), [EDITED]: [300, 301] };
    expect(documents.map(({ name }) => name)).toEqual(Object.keys(live).sort());
    await life.site.run(async ({ kv }) => {
      const segments = await loadSegmentDocuments(kv, library.id, library.segments);
      const entries = new Map(liveDocuments(segments).map((entry) => [entry.name, entry]));
      for (const { name, hash, chunks } of documents) {
        const entry = entries.get(name);
        const refs = entry?.chunks ?? [];
        const wanted = refs.map((chunk) => ({ library, chunk }));
        const records = await loadRecords(kv, wanted);
        expect(hash).toBe(entry?.hash);
        expect(chunks).toEqual(
          records.map(({ document: _, ...record }, i) => {
            const { start, end } = refs[i] as { start: number; end: number };
            return { start, end, ...record };
          }),
        );
      }
    });
  });

  it('is the same whatever segments the library has come to have', async () => {
    await life.index({ [EDITED]: [300], 'new.md': [302] });
    await life.index({ [EDITED]: [300, 301] });
    const one = await exported();
    await life.index({ ...BASE, [EDITED]: [300, 301], 'new.md': [302] }, { library: 'other' });
    const other = await exported(undefined, 'other');
    expect(other.slice(1, -1)).toEqual(one.slice(1, -1));
  });

  it('names no id and no key of the installation', async () => {
    await life.index({ [EDITED]: [300] });
    const text = (await exported()).join('\n');
    const ids = (await life.site.keys()).flatMap((key) => key.match(/[0-9a-f]{16}/g) ?? []);
    expect(new Set(ids).size).toBeGreaterThan(2);
    for (const id of new Set(ids)) expect(text).not.toContain(id);
    expect(text).not.toMatch(/sk-local-test|acme/i);
  });

  it('reads records in blocks, each once', async () => {
    const { reading } = await life.site.measure(() => exported());
    expect(reading.readUnits).toBeLessThan(40);
    let most = 0;
    let open = 0;
    await exported(({ kv }) => ({
      kv: {
        ...kv,
        async batchGet(keys) {
          open += keys.length;
          most = Math.max(most, open);
          const answer = await kv.batchGet(keys);
          open -= keys.length;
          return answer;
        },
      },
    }));
    expect(most).toBeLessThanOrEqual(100);
  });

  it('goes on through publishes meanwhile, and is of the generation it began with', async () => {
    let isDone = false;
    const lines = await exported(({ kv }) => ({
      kv: {
        ...kv,
        async batchGet(keys) {
          if (!isDone) {
            isDone = true;
            await life.index({ [EDITED]: [300] });
            await life.index({ [EDITED]: [301] });
          }
          return kv.batchGet(keys);
        },
      },
    }));
    const { manifest, documents } = await read(lines);
    expect(manifest).toMatchObject({ generation: 1, chunks: 200 });
    expect(documents).toHaveLength(50);
  });

  it('ends when a deletion comes between, whose text is gone', async () => {
    let batches = 0;
    const losing = exported(({ kv }) => ({
      kv: {
        ...kv,
        async batchGet(keys) {
          batches += 1;
          if (batches === 2) await life.remove(DELETED);
          return kv.batchGet(keys);
        },
      },
    }));
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
  });

  it('is refused where anything is damaged, and of a library that is not there', async () => {
    const [key = ''] = await recordKeysOf(life.site, await life.library(), EDITED);
    await rewriteJson(life.site, 'record', key, (json) => (json as unknown[]).with(3, 'Other.'));
    expect(await codeRejectedBy(exported())).toBe('value_corrupt');
    await life.site.removeValue(key);
    expect(await codeRejectedBy(exported())).toBe('value_missing');
    expect(await codeRejectedBy(exported(undefined, 'absent'))).toBe('library_unknown');
  });

  it('may be of a library without documents', async () => {
    for (const name of Object.keys(BASE).slice(1)) await life.remove(name);
    await life.remove(Object.keys(BASE)[0] ?? '');
    const { libraries } = await life.site.run(({ entities }) => loadCatalogue(entities));
    expect(libraries[0]?.segments).toEqual([]);
    expect(await read(await exported())).toMatchObject({ documents: [], manifest: { chunks: 0 } });
  });
});
