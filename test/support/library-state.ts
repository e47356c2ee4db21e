/** What an installation holds, free of ids and times: equal where two runs came to the same end. */
import { loadCatalogue } from '../../src/index/catalogue';
import { liveDocuments, loadRecords, loadSegmentDocuments } from '../../src/index/reader';
import type { JobSite } from './job-site';
import { namedKeysIn, type Stored } from './stored-keys';

/** Every library with its documents, their chunks, texts and vectors, as JSON. */
export async function libraryState({ kv, entities }: Stored): Promise<string> {
  const { libraries } = await loadCatalogue(entities);
  const states = [];
  for (const library of libraries) {
    const { name, generation, projects, fingerprint, id, segments } = library;
    const live = liveDocuments(await loadSegmentDocuments(kv, id, segments));
    const documents = [];
    for (const document of live) {
      const wanted = document.chunks.map((chunk) => ({ library, chunk }));
      const records = await loadRecords(kv, wanted);
      const chunks = document.chunks.map(({ start, end, hash }, i) => {
        const { vector, ...text } = records[i] as (typeof records)[number];
        return { start, end, hash, ...text, values: [...vector.values], scale: vector.scale };
      });
      documents.push({ name: document.name, hash: document.hash, chunks });
    }
    documents.sort((a, b) => (a.name < b.name ? -1 : 1));
    states.push({ name, generation, projects, fingerprint, documents });
  }
  return JSON.stringify(states);
}

/** Stored keys that neither the index nor a job names. */
export async function unnamedKeys(site: JobSite, installation: string): Promise<string[]> {
  const named = await namedKeysIn(await site.stored(installation));
  const known = new Set(named.keys);
  return (await site.keys(installation)).filter((key) => !known.has(key) && !OF_JOBS.test(key));
}

/** A job with its name, a lease, and what the last look for orphans noted. */
const OF_JOBS = /^(entity\/job\/|plain\/\/j:|entity\/lease\/|plain\/\/o:orphans$)/;

/** How many keys of each kind are stored; ids do not count. */
export async function keysByKind(site: JobSite, installation: string): Promise<string> {
  const counts = new Map<string, number>();
  for (const key of await site.keys(installation)) {
    const kind = key.replace(/[0-9a-f]{16}/g, '*').replace(/:\d+/g, ':n');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join('\n');
}
