/** The index manifest of a library, verified. */

import { isDeepStrictEqual } from 'node:util';
import type { Platform } from '../platform/ports';
import { isCatalogueDamage, type LibraryEntry, loadManifest } from './catalogue';
import { isDamage } from './envelope';
import { type Finding, findingOf, MANIFEST_MISMATCH, missingFinding } from './findings';
import { segmentPrefix } from './keys';

/** The index manifest against the entry of the catalogue. */
export async function checkManifest(
  { entities }: Pick<Platform, 'entities'>,
  { id, generation, segments }: LibraryEntry,
): Promise<Finding[]> {
  try {
    const manifest = await loadManifest(entities, id);
    if (manifest === undefined) return [missingFinding(id)];
    const add = (what: string) => [{ code: MANIFEST_MISMATCH, key: id, what }];
    if (manifest.generation !== generation) {
      return add(`generation ${manifest.generation}, the catalogue says ${generation}`);
    }
    const ids = (all: readonly { id: string }[]) => all.map((segment) => segment.id);
    if (!isDeepStrictEqual(ids(manifest.segments), ids(segments))) {
      return add('its segments are not those of the catalogue');
    }
    // Nothing vouches for either: whichever is right, the segment can be sealed again.
    const others = segments.filter((one, i) => !isDeepStrictEqual(one, manifest.segments[i]));
    return others.map((segment) => ({
      code: MANIFEST_MISMATCH,
      key: segmentPrefix(id, segment.id),
      what: 'catalogue and index manifest describe the segment differently',
    }));
  } catch (error) {
    if (!isCatalogueDamage(error) && !isDamage(error)) throw error;
    return [findingOf(error, id)];
  }
}
