/** What every peer of the comparison of quality looks like. */

import type { PeerChunk } from '../chunks';

export interface PeerQuery {
  text: string;
  /** Of norm 1; undefined where words alone are compared. */
  vector: Float32Array | undefined;
}

export interface QualityPeer {
  /** Name and setting, as a row of the table is called. */
  readonly name: string;
  /** Package and version. */
  readonly version: string;
  build(chunks: readonly PeerChunk[]): Promise<PeerRanking>;
}

export interface PeerRanking {
  /** Numbers of the best chunks, best first. */
  rank(query: PeerQuery, depth: number): Promise<number[]>;
  close(): void;
}
