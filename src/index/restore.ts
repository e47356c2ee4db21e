/** Making the generation before the live one live again. */

import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import { findLibrary, loadCatalogue, loadManifestOf } from './catalogue';
import { publishGeneration, publishLost } from './publish';

/**
 * Publishes the previous generation's segments as a new generation; what was live is the previous
 * one then, so restoring twice changes nothing. The assignment to projects stays as it is.
 * Errors: `library_unknown`; `nothing_to_restore` before the second publish and after a deletion,
 * which keeps nothing; `publish_lost`, `publish_unknown`.
 */
export async function restorePrevious(
  platform: Pick<Platform, 'entities' | 'clock' | 'newId'>,
  { library: name }: { library: string },
): Promise<{ generation: number }> {
  const { entities, clock } = platform;
  const { libraries } = await loadCatalogue(entities);
  const library = findLibrary(libraries, name);
  const manifest = await loadManifestOf(entities, library);
  if (manifest === undefined) throw publishLost(name, 'it was published while this was read');
  const { previous, retired } = manifest;
  if (previous === null) throw nothingToRestore(name, library.generation);
  const { generation, fingerprint, calibration, segments } = library;
  const restored = await publishGeneration(entities, clock, {
    libraryId: library.id,
    name,
    projects: undefined,
    fingerprint: previous.fingerprint,
    calibration: previous.calibration,
    segments: previous.segments,
    previous: { generation, fingerprint, calibration, segments },
    retired,
    expectedGeneration: generation,
    publisher: platform.newId(),
  });
  return { generation: restored.generation };
}

function nothingToRestore(library: string, generation: number): GroundworkError {
  return new GroundworkError({
    code: 'nothing_to_restore',
    message: `library "${library}": no generation before ${generation} is kept; a deletion keeps none, for what it deleted would come back. Index the documents again as they were`,
    facts: { library, generation },
  });
}
