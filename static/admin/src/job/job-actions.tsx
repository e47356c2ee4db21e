import Button from '@atlaskit/button/new';
import { ModalTransition } from '@atlaskit/modal-dialog';
import { useState } from 'react';
import { call } from '../calls/call';
import { asCallError, type CallError } from '../calls/call-error';
import type { JobView } from '../calls/contract';
import { ConfirmModal } from '../parts/confirm-modal';
import { Failure } from '../parts/failure';
import { allowed } from './describe';

type Order = 'confirmJob' | 'pauseJob' | 'resumeJob' | 'cancelJob';

interface JobActionsProps {
  view: JobView;
  /** Called when an order was taken, to see what became of it. */
  onOrdered(): void;
}

/** The orders that a job takes in its state. Ending one that runs is asked for twice. */
export function JobActions({ view, onOrdered }: JobActionsProps) {
  const [busy, setBusy] = useState<Order>();
  const [error, setError] = useState<CallError>();
  const [isAsking, setAsking] = useState(false);
  const { jobId, state } = view;
  const { pause, resume, cancel } = allowed(view);
  const give = async (order: Order) => {
    setBusy(order);
    setError(undefined);
    try {
      await call(order, { jobId });
      onOrdered();
    } catch (thrown) {
      setError(asCallError(thrown));
    } finally {
      setBusy(undefined);
    }
  };
  const button = (order: Order, label: string, isPrimary = false) => (
    <Button
      appearance={isPrimary ? 'primary' : 'default'}
      isLoading={busy === order}
      isDisabled={busy !== undefined && busy !== order}
      onClick={() => void give(order)}
    >
      {label}
    </Button>
  );
  const isUnpaid = state === 'planned' || state === 'staging' || state === 'failed';
  return (
    <>
      {error !== undefined && <Failure title="The job did not take that" error={error} />}
      <div className="row">
        {state === 'planned' && button('confirmJob', 'Start indexing', true)}
        {resume && button('resumeJob', 'Resume', true)}
        {pause && button('pauseJob', 'Pause')}
        {cancel && isUnpaid && button('cancelJob', 'Discard')}
        {cancel && !isUnpaid && <Button onClick={() => setAsking(true)}>Cancel job</Button>}
      </div>
      <ModalTransition>
        {isAsking && (
          <ConfirmModal
            question={{
              title: 'Cancel this job?',
              text: `Library ${view.library} stays as it was before the job. What has been embedded so far is deleted and would be paid for again.`,
              action: 'Cancel job',
              isDangerous: true,
              run: async () => {
                await call('cancelJob', { jobId });
                onOrdered();
              },
            }}
            onClose={() => setAsking(false)}
          />
        )}
      </ModalTransition>
    </>
  );
}
