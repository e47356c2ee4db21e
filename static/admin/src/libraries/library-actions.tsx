import Button from '@atlaskit/button/new';
import { call } from '../calls/call';
import type { Library } from '../calls/contract';
import type { Question } from '../parts/confirm-modal';
import { counted } from '../text/format';

interface LibraryActionsProps {
  library: Library;
  onShow(): void;
  onAsk(question: Question): void;
  /** Called with the job that re-indexes the library. */
  onReindex(jobId: string): void;
}

/** What can be done to a library; all but looking at it is asked for twice. */
export function LibraryActions({ library, onShow, onAsk, onReindex }: LibraryActionsProps) {
  const { name, needsReindex, canRestore } = library;
  const button = (label: string, onClick: () => void) => (
    <Button appearance="subtle" spacing="compact" onClick={onClick}>
      {label}
    </Button>
  );
  return (
    <div className="row row-close">
      {button('Documents', onShow)}
      {needsReindex !== null && button('Re-index', () => onAsk(reindex(library, onReindex)))}
      {canRestore && button('Restore previous generation', () => onAsk(restore(name)))}
      {button('Delete', () => onAsk(remove(library)))}
    </div>
  );
}

function remove({ name, documents }: Library): Question {
  return {
    title: `Delete library ${name}?`,
    text: `Its ${counted(documents, 'document')} and every generation of them are deleted at once, for good. Refinements will no longer find them.`,
    action: 'Delete library',
    isDangerous: true,
    run: async () => {
      await call('delete', { library: name });
    },
  };
}

function restore(name: string): Question {
  return {
    title: `Restore the previous generation of ${name}?`,
    text: 'What was indexed before the last job becomes live again, as a new generation. Nothing is embedded.',
    action: 'Restore',
    isDangerous: false,
    run: async () => {
      await call('restoreLibrary', { library: name });
    },
  };
}

function reindex({ name, documents }: Library, onReindex: (jobId: string) => void): Question {
  return {
    title: `Re-index library ${name}?`,
    text: `Its ${counted(documents, 'document')} are embedded anew from the stored text. You will see what that costs before it begins.`,
    action: 'Estimate',
    isDangerous: false,
    run: async () => {
      const { jobId } = await call('createJob', { library: name, rebuild: true });
      await call('startJob', { jobId, calls: 0, confirm: true });
      onReindex(jobId);
    },
  };
}
