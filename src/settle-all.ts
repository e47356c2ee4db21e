/**
 * Promise.all that leaves nothing behind: it waits until every promise has settled and only then
 * throws the first error. In a Forge function a call that is still under way when the function ends
 * is frozen and may wake up inside another tenant's invocation.
 */
export async function settleAll<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
