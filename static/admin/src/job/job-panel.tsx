import Button from '@atlaskit/button/new';
import SectionMessage from '@atlaskit/section-message';
import Spinner from '@atlaskit/spinner';
import { useEffect } from 'react';
import type { JobView } from '../calls/contract';
import { Failure } from '../parts/failure';
import { EstimateView } from './estimate-view';
import { JobActions } from './job-actions';
import { JobHeader } from './job-header';
import { OutcomeView } from './outcome-view';
import { isOver } from './poll';
import { ProgressView } from './progress-view';
import { RefusedDocuments } from './refused-documents';
import { useJob } from './use-job';

interface JobPanelProps {
  jobId: string;
  /** Called once the job is over, whatever came of it. */
  onOver(): void;
  onClose(): void;
}

/** One job from its estimate to its outcome. */
export function JobPanel({ jobId, onOver, onClose }: JobPanelProps) {
  const { view, failure, refresh } = useJob(jobId);
  const isFinished = view !== undefined && isOver(view.state);
  useEffect(() => {
    if (isFinished) onOver();
  }, [isFinished, onOver]);
  return (
    <section className="panel stack" aria-label="Job">
      {view === undefined && failure === undefined && <Spinner label="Loading the job" />}
      {view !== undefined && <JobHeader view={view} />}
      {failure !== undefined && <Failure title="The job could not be asked" error={failure} />}
      {view !== undefined && <JobBody view={view} onOrdered={refresh} />}
      {(isFinished || failure !== undefined || view?.state === 'staging') && (
        <div className="row">
          <Button onClick={onClose}>Index more documents</Button>
        </div>
      )}
    </section>
  );
}

function JobBody({ view, onOrdered }: { view: JobView; onOrdered(): void }) {
  switch (view.state) {
    case 'staging':
      return (
        <div className="stack">
          <SectionMessage appearance="warning" title="Not all documents have arrived">
            <p>
              If they are not being uploaded from another window, the upload was interrupted:
              discard this job and choose the documents again.
            </p>
          </SectionMessage>
          <JobActions view={view} onOrdered={onOrdered} />
        </div>
      );
    case 'planned':
      return <EstimateView view={view} onOrdered={onOrdered} />;
    case 'queued':
    case 'running':
    case 'paused':
      return <ProgressView view={view} onOrdered={onOrdered} />;
    case 'done':
      return <OutcomeView view={view} />;
    case 'failed':
      return (
        <div className="stack">
          <Failure
            title="The job failed; the library is as it was before"
            error={view.error ?? { code: 'internal_error', message: 'No reason was recorded.' }}
          />
          <RefusedDocuments refused={view.refused} total={view.documents.refused} />
          <JobActions view={view} onOrdered={onOrdered} />
        </div>
      );
    case 'cancelled':
      return <p role="status">The job was cancelled; the library is as it was before.</p>;
  }
}
