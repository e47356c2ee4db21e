/** A library of fifty documents, and what is to hold of it after whatever happens to it. */
import { expect } from 'vitest';
import type { SegmentDescriptor } from '../../src/index/segment';
import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS, type VectorKnobs } from '../../src/retrieval/knobs';
import { clusteredVectors } from './random-vectors';
import { namedKeys } from './stored-keys';
import {
  inDocuments,
  openVectorSite,
  range,
  type VectorDocuments,
  type VectorSite,
} from './vector-site';

/** The first two hundred are those of the library's chunks. */
export const VECTORS = clusteredVectors(600, 64, { seed: 81, clusters: 20, spread: 0.8 });
export const BASE: VectorDocuments = inDocuments(range(0, 200), { prefix: 'base', chunks: 4 });
/** Documents in the middle of it, of four chunks each. */
export const [EDITED, REPLACED, DELETED] = ['base0010.md', 'base0020.md', 'base0030.md'] as const;

/** Of some two hundred chunks, one half is nearest a query and the other nearest its opposite. */
const EVERYWHERE = VECTORS.slice(0, 6).flatMap((vector) => [vector, vector.map((v) => -v)]);

const CHEAPEST_KNOBS: VectorKnobs = { coverage: 0.3, errorDeviations: 0, candidatesMax: 0 };

export interface LibraryLife extends VectorSite {
  segments(): Promise<SegmentDescriptor[]>;
  synchronise(documents: VectorDocuments): Promise<unknown>;
  /** Every chunk that any query finds, by default with every row rescored: name and vector. */
  everythingFound(knobs?: VectorKnobs): Promise<Set<string>>;
  /** Numbers of the vectors whose chunks have a record. */
  storedParts(): Promise<number[]>;
  /** The store holds what the live generation and the one before name, and nothing else. */
  expectAccounted(): Promise<void>;
  /** The store holds what the live generation names, and nothing of the one before. */
  expectSwept(): Promise<void>;
  /** Queries find these documents, all chunks of them, and at no knobs any other. */
  expectFound(live: VectorDocuments): Promise<void>;
  /** These documents are all there is: in the store by text and name, and for every query. */
  expectOnly(live: VectorDocuments, gone: readonly string[]): Promise<void>;
}

export async function openLibraryLife(): Promise<LibraryLife> {
  const site = await openVectorSite(VECTORS);
  await site.index(BASE);
  const storedKeys = async () => (await site.site.keys()).sort();
  const life: LibraryLife = {
    ...site,
    segments: async () => (await site.library()).segments,
    synchronise: (documents) => site.index(documents, { sync: true }),
    async everythingFound(knobs = EXHAUSTIVE_KNOBS) {
      const found = new Set<string>();
      for (const query of EVERYWHERE) {
        for (const hit of await site.nearest(query, { k: 100, knobs })) {
          found.add(`${hit.document} ${hit.vector}`);
        }
      }
      return found;
    },
    async storedParts() {
      const parts = (await site.site.storedText()).matchAll(/# Part v(\d+)\\/g);
      return [...new Set([...parts].map(([, number]) => Number(number)))].sort((a, b) => a - b);
    },
    async expectAccounted() {
      expect(await storedKeys()).toEqual((await namedKeys(site.site)).keys);
    },
    async expectSwept() {
      expect(await storedKeys()).toEqual((await namedKeys(site.site)).live);
    },
    async expectOnly(live, gone) {
      const numbers = Object.values(live).flat();
      expect(await life.storedParts()).toEqual([...numbers].sort((a, b) => a - b));
      const stored = await site.site.storedText();
      for (const name of gone) expect(stored).not.toContain(name);
      for (const name of Object.keys(live)) expect(stored).toContain(name);
      await life.expectFound(live);
    },
    async expectFound(live) {
      const places = new Set(placesOf(live));
      expect(await life.everythingFound()).toEqual(places);
      for (const knobs of [DEFAULT_KNOBS, CHEAPEST_KNOBS]) {
        const found = [...(await life.everythingFound(knobs))];
        expect(found.filter((place) => !places.has(place))).toEqual([]);
      }
    },
  };
  return life;
}

/** Name and number of vector of every chunk. */
export function placesOf(documents: VectorDocuments): string[] {
  return Object.entries(documents).flatMap(([name, numbers]) => numbers.map((n) => `${name} ${n}`));
}

export function without(documents: VectorDocuments, ...names: string[]): VectorDocuments {
  const entries = Object.entries(documents).filter(([name]) => !names.includes(name));
  return Object.fromEntries(entries);
}
