import { useCallback } from 'react';
import type { JobView, Library } from '../calls/contract';
import { JobPanel } from '../job/job-panel';
import { RecentJobs } from '../job/recent-jobs';
import { JobForm } from './job-form';
import { UploadPanel } from './upload-panel';
import { useUpload } from './use-upload';

interface IndexTabProps {
  libraries: readonly Library[];
  jobs: readonly JobView[];
  /** The job that is shown, or none. */
  jobId: string | undefined;
  onShow(jobId: string | undefined): void;
  /** Called when libraries or jobs have changed. */
  onChanged(): void;
}

/** Where documents are indexed: the form, the upload, or the job they became. */
export function IndexTab({ libraries, jobs, jobId, onShow, onChanged }: IndexTabProps) {
  const started = useCallback(
    (id: string) => {
      onShow(id);
      onChanged();
    },
    [onShow, onChanged],
  );
  const { state: upload, start, retry, discard } = useUpload(started);
  const close = useCallback(() => {
    onShow(undefined);
    onChanged();
  }, [onShow, onChanged]);
  return (
    <div className="tab stack-wide">
      {upload !== undefined ? (
        <UploadPanel upload={upload} onRetry={() => void retry()} onDiscard={discard} />
      ) : jobId !== undefined ? (
        <JobPanel key={jobId} jobId={jobId} onOver={onChanged} onClose={close} />
      ) : (
        <JobForm libraries={libraries} onSubmit={start} />
      )}
      <RecentJobs jobs={jobs.filter((job) => job.jobId !== jobId)} onShow={onShow} />
    </div>
  );
}
