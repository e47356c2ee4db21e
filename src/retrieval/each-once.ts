/** Asking once for what several want: queries of one library want the same lists and records. */

/**
 * Answers in the order of `wanted`, of items with the same key one and the same. `load` answers in
 * the order it is given, as all that reads values does.
 */
export async function eachOnce<T, R>(
  wanted: readonly T[],
  keyOf: (item: T) => string,
  load: (distinct: T[]) => Promise<R[]>,
): Promise<R[]> {
  const places = new Map<string, number>();
  const distinct: T[] = [];
  const placeOf = wanted.map((item) => {
    const key = keyOf(item);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, distinct.length);
    return distinct.push(item) - 1;
  });
  const loaded = await load(distinct);
  return placeOf.map((place) => loaded[place] as R);
}
