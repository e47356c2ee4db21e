/** What a place that stores for an app must offer so that the conformance cases can run on it. */
import type { KvsSettings } from '../../emulator/kvs/settings';
import type { EntityDeclaration } from '../../emulator/types';

export interface ConformanceTarget {
  name: string;
  /** Runs `fn` with the genuine @forge/kvs answered by this target for that installation. */
  run<T>(installation: string, fn: () => Promise<T>): Promise<T>;
  /** Moves the target's clock; reads and writes before and after happen at different times. */
  advance(ms: number): Promise<void>;
  settings: KvsSettings;
  sweepExpired(): Promise<void>;
  close(): Promise<void>;
}

export interface ConformanceCase {
  /** The behaviour, as a sentence. */
  name: string;
  /** Page with its date, or file of a package with its version. */
  source: string;
  /** False where no page, package or published measurement confirms it. */
  verified: boolean;
  body(target: ConformanceTarget): Promise<void>;
}

/** Sources that many cases share; pages are under developer.atlassian.com/platform/forge/. */
export const SOURCES = {
  sdk: '@forge/kvs 1.6.5 out/storage-api.js',
  sdkTest: '@forge/kvs 1.6.5 out/__test__/index.test.js',
  limits: 'limits-kvs-ce, 2025-12-01',
  errors: 'storage-reference/handling-errors-kvs, 2024-03-14',
  entityErrors: 'storage-reference/handling-errors-customentities, 2025-03-14',
  batch: 'storage-reference/entities-batch, 2025-03-03',
  transactions: 'storage-reference/transactions, 2025-03-03',
  entityTransactions: 'storage-reference/transactions-entities, 2025-03-03',
  query: 'runtime-reference/storage-api-query, read 2026-10',
  entityQuery: 'runtime-reference/storage-api-query-complex, read 2026-11',
  values: 'storage-reference/kvs-api, 2026-08-21',
  rest: 'rest/v1/api-group-transaction, read 2026-10',
  /** See `emulator/kvs/rules.ts`. */
  probe: 'public probe of real Forge, 2026-10-09',
  guess: 'no source: the stricter reading',
} as const;

/** Entities that the target must have declared. */
export const CONFORMANCE_ENTITIES: EntityDeclaration[] = [
  {
    name: 'employee',
    attributes: {
      surname: { type: 'string' },
      age: { type: 'integer' },
      rate: { type: 'float' },
      active: { type: 'boolean' },
      team: { type: 'string' },
      extra: { type: 'any' },
    },
    indexes: [
      { name: 'by-age', partition: [], range: ['age'] },
      { name: 'by-team-surname', partition: ['team'], range: ['surname'] },
      { name: 'by-team', partition: ['team', 'active'], range: [] },
    ],
  },
  {
    name: 'pointer',
    attributes: { generation: { type: 'integer' } },
    indexes: [],
  },
];

export interface Employee {
  surname?: string;
  age?: number;
  rate?: number;
  active?: boolean;
  team?: string;
  extra?: unknown;
}
