import { useCallback, useEffect, useRef, useState } from 'react';
import { asCallError, type CallError } from '../calls/call-error';

export interface Loaded<T> {
  /** The newest value; the last one stays while another is on its way. */
  value: T | undefined;
  error: CallError | undefined;
  reload(): void;
}

/** Loads a value when the component appears, and again when asked to. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<CallError>();
  const newest = useRef(0);
  const reload = useCallback(() => {
    newest.current += 1;
    const own = newest.current;
    // An answer that a later question has overtaken is dropped.
    const settle = (apply: () => void) => {
      if (own === newest.current) apply();
    };
    load().then(
      (loaded) =>
        settle(() => {
          setValue(loaded);
          setError(undefined);
        }),
      (thrown: unknown) => settle(() => setError(asCallError(thrown))),
    );
  }, [load]);
  useEffect(() => {
    reload();
    return () => {
      newest.current += 1;
    };
  }, [reload]);
  return { value, error, reload };
}
