/**
 * Sections below the minimum are put together, so that no chunk says next to nothing.
 *
 * What joins is decided from one section to the next and starts afresh behind every section that
 * reaches the minimum: an edit moves nothing beyond the run of small sections that it stands in
 * and the pieces at both ends of it.
 */

import type { Piece } from './split-span';

export interface PackedSection {
  pieces: readonly Piece[];
  /** Level of its first heading; 0 for text above all headings. */
  level: number;
}

interface Group extends Piece {
  /** Level of its last section. */
  level: number;
}

/** Pieces of all sections in order; no two of them are heavier together than `max` for it. */
export function joinSmallSections(
  sections: readonly PackedSection[],
  { min, max }: { min: number; max: number },
): Piece[] {
  const joined: Piece[] = [];
  let group: Group | undefined;
  for (const { pieces, level } of sections) {
    const [first, ...rest] = pieces;
    if (first === undefined) continue;
    const isSmall = rest.length === 0 && first.weight < min;
    if (isSmall) {
      if (group !== undefined && group.weight + first.weight > max) {
        joined.push(pieceOf(group));
        group = undefined;
      }
      group = group === undefined ? { ...first, level } : { ...joinedOf(group, first), level };
      if (group.weight < min) continue;
      joined.push(pieceOf(group));
    } else if (group === undefined) {
      joined.push(...pieces);
    } else {
      joined.push(...placeGroup(joined, group, first, { level, max }), ...rest);
    }
    group = undefined;
  }
  if (group !== undefined && !joinBackward(joined, group, max)) joined.push(pieceOf(group));
  return joined;
}

/**
 * A group that stayed small goes to the section that it introduces (one with a deeper heading),
 * else to the piece before it, else to the one behind it, else it stands alone.
 */
function placeGroup(
  joined: Piece[],
  group: Group,
  next: Piece,
  { level, max }: { level: number; max: number },
): Piece[] {
  const fitsForward = group.weight + next.weight <= max;
  if (fitsForward && level > group.level) return [joinedOf(group, next)];
  if (joinBackward(joined, group, max)) return [next];
  return fitsForward ? [joinedOf(group, next)] : [pieceOf(group), next];
}

/** Adds the group to the last piece, which it changes, where both fit. */
function joinBackward(joined: Piece[], group: Group, max: number): boolean {
  const last = joined.at(-1);
  if (last === undefined || last.trail !== '' || last.weight + group.weight > max) return false;
  joined[joined.length - 1] = joinedOf(last, group);
  return true;
}

/** Two pieces that touch, none of them cut within a block there. */
function joinedOf(first: Piece, second: Piece): Piece {
  const { start, lead } = first;
  const { end, trail } = second;
  return { start, end, lead, trail, weight: first.weight + second.weight };
}

function pieceOf({ start, end, lead, trail, weight }: Group): Piece {
  return { start, end, lead, trail, weight };
}
