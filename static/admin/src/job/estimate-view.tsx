import SectionMessage from '@atlaskit/section-message';
import type { Estimate, JobView } from '../calls/contract';
import { type Figure, Figures } from '../parts/figures';
import { count, duration, money } from '../text/format';
import { JobActions } from './job-actions';
import { RefusedDocuments } from './refused-documents';

interface EstimateViewProps {
  view: JobView;
  onOrdered(): void;
}

/** What the job will do and cost, before anything is paid. */
export function EstimateView({ view, onOrdered }: EstimateViewProps) {
  const { estimate, documents } = view;
  return (
    <div className="stack">
      {estimate !== undefined && <Figures figures={figuresOf(estimate, view)} />}
      {estimate?.chunksToEmbed === 0 && (
        <SectionMessage appearance="information">
          <p>Nothing has to be embedded: all that is to be indexed is known already.</p>
        </SectionMessage>
      )}
      <RefusedDocuments refused={view.refused} total={documents.refused} />
      <p className="subtle">Nothing has been embedded or paid so far.</p>
      <JobActions view={view} onOrdered={onOrdered} />
    </div>
  );
}

function figuresOf(estimate: Estimate, { documents, chunks }: JobView): Figure[] {
  const { costUsd, priceDate, minutes } = estimate;
  return [
    {
      label: 'Documents',
      value: count(estimate.documents),
      note: `${count(documents.unchanged)} unchanged, ${count(documents.refused)} refused`,
    },
    {
      label: 'Chunks',
      value: count(estimate.chunks),
      note: `${count(estimate.chunksToEmbed)} to embed, ${count(chunks.reused)} reused`,
    },
    { label: 'Tokens to embed', value: count(estimate.tokens) },
    {
      label: 'Embedding',
      value: costUsd === null ? 'Unknown' : money(costUsd),
      note: costNote(costUsd, priceDate),
    },
    {
      label: 'Forge storage',
      value: money(estimate.forgeCostUsd),
      note: `${count(estimate.writeUnits)} write and ${count(estimate.readUnits)} read units`,
    },
    {
      label: 'Time',
      value: minutes < 1 ? 'Under a minute' : duration(minutes * 60_000),
      note: 'when nothing else goes on',
    },
  ];
}

function costNote(costUsd: number | null, priceDate: string): string {
  if (costUsd === null) return 'no price is known for this model';
  if (costUsd === 0) return 'nothing is sent to a provider';
  return `at your provider, price of ${priceDate}`;
}
