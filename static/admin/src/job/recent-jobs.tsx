import Button from '@atlaskit/button/new';
import type { JobView } from '../calls/contract';
import { Table } from '../parts/table';
import { count, time } from '../text/format';
import { StateLozenge } from './state-lozenge';

interface RecentJobsProps {
  jobs: readonly JobView[];
  onShow(jobId: string): void;
}

/** The jobs of the last seven days, newest first. */
export function RecentJobs({ jobs, onShow }: RecentJobsProps) {
  if (jobs.length === 0) return null;
  return (
    <section className="stack">
      <h2 className="heading">Jobs of the last seven days</h2>
      <Table
        label="Jobs"
        head={['Library', 'State', 'Documents', 'Started', '']}
        rows={jobs.map((job) => ({
          key: job.jobId,
          cells: [
            job.library,
            <StateLozenge key="state" state={job.state} />,
            count(job.documents.total),
            time(job.createdAt),
            <Button
              key="show"
              appearance="subtle"
              spacing="compact"
              onClick={() => onShow(job.jobId)}
            >
              Show
            </Button>,
          ],
        }))}
      />
    </section>
  );
}
