import { useEffect, useState } from 'react';
import { call } from '../calls/call';
import type { CallError } from '../calls/call-error';
import type { JobView } from '../calls/contract';
import { watchJob } from './poll';

export interface WatchedJob {
  view: JobView | undefined;
  /** Why the last question went unanswered. */
  failure: CallError | undefined;
  /** Asks at once, for example because the job has just been told something. */
  refresh(): void;
}

/** Follows a job for as long as the component is shown. */
export function useJob(jobId: string): WatchedJob {
  const [view, setView] = useState<JobView>();
  const [failure, setFailure] = useState<CallError>();
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round starts the watch anew.
  useEffect(() => {
    let isWanted = true;
    let wake = () => {};
    void watchJob({
      read: () => call('jobProgress', { jobId }),
      wait: (ms) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        }),
      isWanted: () => isWanted,
      onView: (next) => {
        setView(next);
        setFailure(undefined);
      },
      onFailure: setFailure,
    });
    return () => {
      isWanted = false;
      wake();
    };
  }, [jobId, round]);
  return { view, failure, refresh: () => setRound((before) => before + 1) };
}
