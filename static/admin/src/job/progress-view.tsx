import ProgressBar from '@atlaskit/progress-bar';
import type { JobView } from '../calls/contract';
import { Figures } from '../parts/figures';
import { count, counted, money, percent } from '../text/format';
import { embeddedShare, paceText, progressText } from './describe';
import { JobActions } from './job-actions';
import { RefusedDocuments } from './refused-documents';
import { StageTracker } from './stage-tracker';

interface ProgressViewProps {
  view: JobView;
  onOrdered(): void;
}

/** A job at work, or paused. */
export function ProgressView({ view, onOrdered }: ProgressViewProps) {
  const share = embeddedShare(view);
  const text = progressText(view);
  const isMoving = view.state !== 'paused';
  const pace = isMoving ? paceText(view) : undefined;
  return (
    <div className="stack">
      <StageTracker phase={view.phase} />
      <div className="stack-tight">
        <ProgressBar
          ariaLabel={text}
          isIndeterminate={share === undefined && isMoving}
          value={share ?? 0}
        />
        <div className="row row-apart">
          <p aria-live="polite">{text}</p>
          <p className="subtle">
            {[share === undefined ? [] : [percent(share)], pace ?? []].flat().join(' · ')}
          </p>
        </div>
        {view.waiting !== undefined && <p className="subtle">Waiting: {view.waiting}.</p>}
        {view.overtaken > 0 && (
          <p className="subtle">
            Planned again {counted(view.overtaken, 'time')}: another job published first.
          </p>
        )}
      </div>
      {view.chunks.total > 0 && <ProgressFigures view={view} />}
      <RefusedDocuments refused={view.refused} total={view.documents.refused} />
      <JobActions view={view} onOrdered={onOrdered} />
      <p className="subtle">You may leave this page; the job goes on without it.</p>
    </div>
  );
}

/** What is known of the job so far. */
function ProgressFigures({ view }: { view: JobView }) {
  return (
    <Figures
      figures={[
        { label: 'Documents', value: count(view.documents.total) },
        {
          label: 'Chunks',
          value: count(view.chunks.total),
          note: `${count(view.chunks.reused)} reused`,
        },
        {
          label: 'Tokens',
          value: count(view.tokens.count),
          note: view.tokens.measured ? 'counted' : 'estimated',
        },
        { label: 'Embedding', value: view.costUsd === null ? '–' : money(view.costUsd) },
        {
          label: 'Units',
          value: count(view.units.write),
          note: `written, ${count(view.units.read)} read`,
        },
      ]}
    />
  );
}
