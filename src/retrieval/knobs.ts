/**
 * What trades recall for read units. docs/tuning.md says what each does, over which range, and
 * which measurement chose its default.
 */
export interface SearchKnobs {
  /** Share of the expected best k that the lists read must hold, 0 to 1; 1 reads every list. */
  coverage: number;
  /** Standard errors a row may lie below the k-th best estimate and still be rescored. */
  errorDeviations: number;
  /** Most candidates that are rescored beyond k; Infinity rescores whatever the errors allow. */
  candidatesMax: number;
}

export const DEFAULT_KNOBS: SearchKnobs = {
  coverage: 0.985,
  errorDeviations: 2.5,
  candidatesMax: 150,
};

/** Every list read and every row rescored: the int8 ranking, whatever it costs. */
export const EXHAUSTIVE_KNOBS: SearchKnobs = {
  coverage: 1,
  errorDeviations: Number.POSITIVE_INFINITY,
  candidatesMax: Number.POSITIVE_INFINITY,
};
