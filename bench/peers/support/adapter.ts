/** What every peer of the comparison looks like. A file in bench/peers exports one `adapter`. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofPackage } from '../../../cli/paths';
import { KVS_UNIT_BYTES } from '../../../src/platform/limits';

export interface PeerAdapter {
  readonly name: string;
  /** Native code cannot run inside Forge: such a peer is a reference only. */
  readonly isNative: boolean;
  readonly version: string;
  /** Why the peer cannot run here, though it is installed. */
  readonly whyAbsent?: string | undefined;
  /** Builds an index of n rows of unit length, row-major; converting the rows is part of it. */
  build(base: Float32Array, n: number, dims: number): Promise<PeerIndex>;
}

export interface PeerIndex {
  /** Row numbers of the k nearest, best first. */
  search(query: Float32Array, k: number): number[] | Promise<number[]>;
  /** What trades speed for recall, tried in order until the recall is high enough. */
  readonly knob?: Knob;
  /** Serialises the index, or reckons what it would take. Called once, after everything timed. */
  stored(): StoredSize | Promise<StoredSize>;
  close(): void | Promise<void>;
}

export interface StoredSize {
  /** Left out where the index cannot be serialised in Node. */
  bytesPerVector?: number;
  /**
   * Read units of a query that starts with nothing in memory, if the index lay in Forge's key-value
   * store; left out for what could not live there.
   */
  coldUnits?: number;
  /** What a reader of the table should know. */
  note?: string;
}

export interface Knob {
  readonly name: string;
  /** From fast to thorough. */
  readonly values: readonly number[];
  set(value: number): void;
}

/**
 * Loads a package of bench/package.json. The name is computed, so that the types do not need the
 * package: each adapter says itself what it uses of it.
 */
export async function loadPeer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

/** Version of a package in bench or in the project; "not installed" without it. */
export function installedVersion(name: string): string {
  const path = [ofPackage('bench'), ofPackage()]
    .map((folder) => join(folder, 'node_modules', name, 'package.json'))
    .find(existsSync);
  if (path === undefined) return 'not installed';
  return String((JSON.parse(readFileSync(path, 'utf8')) as { version: unknown }).version);
}

/** The rows of a matrix as views of it. */
export function rowsOf(matrix: Float32Array, dims: number): Float32Array[] {
  return Array.from({ length: matrix.length / dims }, (_, row) =>
    matrix.subarray(row * dims, (row + 1) * dims),
  );
}

/** Read units of bytes that are stored as base64 in JSON. */
export function unitsOfBytes(bytes: number): number {
  return unitsOfText((bytes * 4) / 3);
}

/** Read units of text that is JSON already. */
export function unitsOfText(bytes: number): number {
  return Math.ceil(bytes / KVS_UNIT_BYTES);
}
