import Button from '@atlaskit/button/new';
import Modal, { ModalBody, ModalFooter, ModalHeader, ModalTitle } from '@atlaskit/modal-dialog';
import { useState } from 'react';
import { asCallError, type CallError } from '../calls/call-error';
import { Failure } from './failure';

export interface Question {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
  isDangerous: boolean;
  run(): Promise<void>;
}

/** Asks before something is done that cannot be undone, and stays open if it fails. */
export function ConfirmModal({ question, onClose }: { question: Question; onClose(): void }) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<CallError>();
  const { title, text, action, isDangerous, run } = question;
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await run();
      onClose();
    } catch (thrown) {
      setError(asCallError(thrown));
      setBusy(false);
    }
  };
  return (
    <Modal onClose={onClose}>
      <ModalHeader hasCloseButton>
        <ModalTitle {...(isDangerous ? { appearance: 'danger' as const } : {})}>{title}</ModalTitle>
      </ModalHeader>
      <ModalBody>
        <p>{text}</p>
        {error !== undefined && <Failure title="That did not work" error={error} />}
      </ModalBody>
      <ModalFooter>
        <Button appearance="subtle" onClick={onClose}>
          Cancel
        </Button>
        <Button
          appearance={isDangerous ? 'danger' : 'primary'}
          isLoading={isBusy}
          onClick={confirm}
        >
          {action}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
