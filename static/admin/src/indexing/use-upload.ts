import { useCallback, useRef, useState } from 'react';
import { call } from '../calls/call';
import { asCallError, type CallError } from '../calls/call-error';
import type { JobRequest } from '../calls/contract';
import type { GivenFile } from '../files/split-files';
import { type UploadProgress, upload } from '../files/upload';

/** An upload under way, or one that stopped with `error` and can go on. */
export interface RunningUpload {
  library: string;
  progress: UploadProgress | undefined;
  error: CallError | undefined;
}

interface Task {
  request: JobRequest;
  files: readonly GivenFile[];
  jobId: string | undefined;
  sent: number;
}

/** Creates a job, sends its documents and starts it; `onStarted` is told which job it is. */
export function useUpload(onStarted: (jobId: string) => void) {
  const [state, setState] = useState<RunningUpload>();
  const task = useRef<Task>();

  const run = useCallback(async () => {
    const own = task.current;
    if (own === undefined) return;
    const isCurrent = () => task.current === own;
    setState((before) => ({
      library: own.request.library,
      progress: before?.progress,
      error: undefined,
    }));
    try {
      own.jobId ??= (await call('createJob', own.request)).jobId;
      const { jobId } = own;
      const calls = await upload({
        files: own.files,
        from: own.sent,
        stage: (number, documents) => {
          if (!isCurrent()) throw new Error('the upload was discarded');
          return call('stageDocuments', { jobId, call: number, documents });
        },
        onProgress: (progress) => {
          own.sent = progress.sent;
          if (isCurrent())
            setState((before) => (before === undefined ? before : { ...before, progress }));
        },
      });
      await call('startJob', { jobId, calls, confirm: true });
      if (!isCurrent()) return;
      task.current = undefined;
      setState(undefined);
      onStarted(jobId);
    } catch (thrown) {
      if (!isCurrent()) return;
      setState((before) =>
        before === undefined ? before : { ...before, error: asCallError(thrown) },
      );
    }
  }, [onStarted]);

  const start = useCallback(
    (request: JobRequest, files: readonly GivenFile[]) => {
      task.current = { request, files, jobId: undefined, sent: 0 };
      setState({ library: request.library, progress: undefined, error: undefined });
      void run();
    },
    [run],
  );

  const discard = useCallback(() => {
    const jobId = task.current?.jobId;
    task.current = undefined;
    setState(undefined);
    // Should this fail, the daily clean-up deletes what was uploaded.
    if (jobId !== undefined) void call('cancelJob', { jobId }).catch(() => undefined);
  }, []);

  return { state, start, retry: run, discard };
}
