/**
 * What decides the shape of a segment. docs/tuning.md says what each does, over which range, and
 * which measurement chose its default; `npm run bench -- tuning` measures them again.
 */
export interface SealKnobs {
  /** Rows up to which one list is read whole: a table would cost what it spares. */
  flatRowsMax: number;
  /** Posting lists for each unit of the cube root of the rows. */
  listsPerCubeRoot: number;
  /** Fewest rows that a list is to have on the average. */
  rowsPerListMin: number;
  /** Vectors that train the centroids, for each list. */
  samplePerList: number;
  /** Bits of a centroid's code in the table. */
  tableBitsMax: number;
}

export const DEFAULT_SEAL_KNOBS: SealKnobs = {
  flatRowsMax: 128,
  listsPerCubeRoot: 18,
  rowsPerListMin: 12,
  samplePerList: 24,
  tableBitsMax: 512,
};
