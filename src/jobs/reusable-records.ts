/**
 * Records that a plan need not make again: those of the generation it starts from, and those that
 * an earlier plan of the same job has embedded. Found by the hash of the chunk, which covers all
 * that its vector depends on.
 */

import type { DocumentEntry } from '../index/document-table';
import type { KeyValueStore } from '../platform/ports';
import { embeddedRecords } from './embedded-records';
import type { JobState } from './job';
import { type RecordPlace, readPages } from './page';

/** Hands out records of a document; each but once, as chunks of the same text have one each. */
export interface ReusableRecords {
  of(document: string): (hash: string) => RecordPlace | undefined;
}

export function reusableRecords(
  libraryId: string,
  live: readonly DocumentEntry[],
  own: ReadonlyMap<string, RecordPlace[]>,
): ReusableRecords {
  const byName = new Map(live.map((document) => [document.name, document]));
  return {
    of(name) {
      const places = new Map<string, RecordPlace[]>();
      for (const { hash, job, record } of byName.get(name)?.chunks ?? []) {
        const known = places.get(hash);
        const place = { library: libraryId, job, record };
        if (known === undefined) places.set(hash, [place]);
        else known.push(place);
      }
      // The hash covers the document's name, so what is found is this document's.
      return (hash) => places.get(hash)?.shift() ?? own.get(hash)?.shift();
    },
  };
}

/** By chunk hash, the records that earlier plans of the job have embedded. */
export async function ownRecords(
  kv: KeyValueStore,
  jobId: string,
  state: JobState,
): Promise<Map<string, RecordPlace[]>> {
  const own = new Map<string, RecordPlace[]>();
  const current = state.plans.at(-1);
  for (const [number, plan] of state.plans.slice(0, -1).entries()) {
    // The library may have been rebuilt since, or the generation before that restored.
    if (plan.modelId !== current?.modelId) continue;
    const records = await embeddedRecords(kv, jobId, number, plan);
    for (const { chunks } of await readPages(kv, jobId, number, plan)) {
      for (const { hash, job, record } of chunks) {
        const place = job === '' ? records.get(record) : undefined;
        if (place === undefined) continue;
        const known = own.get(hash);
        if (known === undefined) own.set(hash, [place]);
        else known.push(place);
      }
    }
  }
  return own;
}
