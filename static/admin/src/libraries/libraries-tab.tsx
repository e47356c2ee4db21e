import Lozenge from '@atlaskit/lozenge';
import { ModalTransition } from '@atlaskit/modal-dialog';
import { useState } from 'react';
import type { Library } from '../calls/contract';
import { ConfirmModal, type Question } from '../parts/confirm-modal';
import { Table } from '../parts/table';
import { count } from '../text/format';
import { DocumentsPanel } from './documents-panel';
import { LibraryActions } from './library-actions';

interface LibrariesTabProps {
  libraries: readonly Library[];
  onChanged(): void;
  onReindex(jobId: string): void;
}

/** The libraries of the site and their documents. */
export function LibrariesTab({ libraries, onChanged, onReindex }: LibrariesTabProps) {
  const [shown, setShown] = useState<string>();
  const [question, setQuestion] = useState<Question>();
  const [version, setVersion] = useState(0);
  const isShown = libraries.some(({ name }) => name === shown);
  const ask = (asked: Question) =>
    setQuestion({
      ...asked,
      run: async () => {
        await asked.run();
        setVersion((before) => before + 1);
        onChanged();
      },
    });
  return (
    <div className="tab stack-wide">
      {libraries.length === 0 ? (
        <p>There is no library yet. Index some documents, and the library appears here.</p>
      ) : (
        <Table
          label="Libraries"
          head={['Library', 'Projects', 'Documents', 'Chunks', 'Generation', 'Model', '']}
          rows={libraries.map((library) => ({
            key: library.name,
            cells: [
              <LibraryTitle key="name" library={library} />,
              library.projects === 'all' ? 'All' : library.projects.join(', '),
              count(library.documents),
              count(library.chunks),
              count(library.generation),
              `${library.model}, ${count(library.dimensions)} dimensions`,
              <LibraryActions
                key="actions"
                library={library}
                onShow={() => setShown(library.name)}
                onAsk={ask}
                onReindex={onReindex}
              />,
            ],
          }))}
        />
      )}
      {shown !== undefined && isShown && (
        <DocumentsPanel
          key={shown}
          library={shown}
          version={version}
          onAsk={ask}
          onClose={() => setShown(undefined)}
        />
      )}
      <ModalTransition>
        {question !== undefined && (
          <ConfirmModal question={question} onClose={() => setQuestion(undefined)} />
        )}
      </ModalTransition>
    </div>
  );
}

function LibraryTitle({ library: { name, needsReindex } }: { library: Library }) {
  if (needsReindex === null) return <strong>{name}</strong>;
  const { field, found, expected } = needsReindex;
  return (
    <div className="stack-tight">
      <strong>{name}</strong>
      <span title={`${field}: ${found}, now ${expected}`}>
        <Lozenge appearance="moved">needs re-index</Lozenge>
      </span>
    </div>
  );
}
