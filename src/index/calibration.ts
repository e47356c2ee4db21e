/**
 * What a library's threshold is made of: how well texts of other walks of life do in it, as a line
 * over their length with the deviation about it, for each signal. `src/retrieval/calibrate.ts`
 * makes it; it stands in the catalogue beside the segments it was made of.
 */

import * as v from 'valibot';

const finite = v.pipe(v.number(), v.finite());

/** value = offset + slope · log2(1 + terms), with the deviation around it. */
const lineSchema = v.strictObject({ offset: finite, slope: finite, deviation: finite });

export type Line = v.InferOutput<typeof lineSchema>;

export const calibrationSchema = v.strictObject({
  /** Of the texts, their analysis and the scoring: numbers of another version say nothing. */
  version: v.pipe(v.number(), v.integer()),
  /** The library's chunks when it was made. */
  chunks: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Null for a signal that the library does not have, or that says too little to go by. */
  lexical: v.nullable(lineSchema),
  cosine: v.nullable(lineSchema),
  /** Of the deviations of both signals together. */
  both: v.nullable(lineSchema),
});

export type Calibration = v.InferOutput<typeof calibrationSchema>;
