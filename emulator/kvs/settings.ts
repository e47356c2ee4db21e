/** What tests and tools may switch while the service runs; it reads the object at every request. */
export interface KvsSettings {
  /** Rates answer 429 only when true; sizes and counts are always enforced. */
  enforceQuotas: boolean;
  /** `query` and entity queries see the state of that long ago. Forge gives no figure. */
  queryLagMs: number;
  /** Caps batches and transactions at 1 MB, as the bug FRGE-1916 did. */
  batchBytesBug: boolean;
  /** An expired key that is not swept yet still makes FAIL_IF_EXISTS answer KEY_CONFLICT. */
  expiredKeysConflict: boolean;
  /** `batchGet` sees the state of that long ago: no page promises its consistency. */
  batchGetLagMs: number;
  /** Every n-th key of batch gets comes back in failedKeys of a 200; 0 is never. */
  batchGetFailEvery: number;
}

/** Sizes enforced, rates off, no lag, no faults. */
export function defaultKvsSettings(): KvsSettings {
  return {
    enforceQuotas: false,
    queryLagMs: 0,
    batchBytesBug: false,
    expiredKeysConflict: true,
    batchGetLagMs: 0,
    batchGetFailEvery: 0,
  };
}
