/**
 * The behaviours of Forge's storage as vitest cases that any target can run. All requests go
 * through the genuine, unmodified @forge/kvs.
 */
import { describe, it } from 'vitest';
import { batchCases } from './cases/batches';
import { consistencyCases } from './cases/consistency';
import { entityCases } from './cases/entities';
import { inputCases } from './cases/input';
import { queryCases } from './cases/queries';
import { quotaCases } from './cases/quotas';
import { transactionCases } from './cases/transactions';
import { valueCases } from './cases/values';
import type { ConformanceCase, ConformanceTarget } from './target';

export const KVS_CASES: readonly ConformanceCase[] = [
  ...valueCases,
  ...inputCases,
  ...queryCases,
  ...entityCases,
  ...batchCases,
  ...transactionCases,
  ...consistencyCases,
  ...quotaCases,
];

export interface ConformanceOptions {
  /** A fresh, empty target for each case. */
  create(): Promise<ConformanceTarget>;
  /** Cases that this target does not show; a reason is owed for each. */
  skip?: readonly { case: string; reason: string }[];
}

/** Registers every case; call it inside a `describe`. Throws when `skip` names an unknown case. */
export function kvsConformanceCases({ create, skip = [] }: ConformanceOptions): void {
  const known = new Set(KVS_CASES.map(({ name }) => name));
  for (const skipped of skip) {
    if (!known.has(skipped.case)) throw new Error(`no conformance case is named "${skipped.case}"`);
  }
  describe('storage conformance', () => {
    for (const { name, source, verified, body } of KVS_CASES) {
      const title = `${name} [${source}${verified ? '' : '; unverified'}]`;
      const skipped = skip.find((entry) => entry.case === name);
      if (skipped !== undefined) {
        it.skip(`${title} skipped: ${skipped.reason}`, () => {});
        continue;
      }
      it(title, async () => {
        const target = await create();
        try {
          await body(target);
        } finally {
          await target.close();
        }
      });
    }
  });
}
