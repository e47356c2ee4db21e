import Button from '@atlaskit/button/new';
import Spinner from '@atlaskit/spinner';
import { useCallback, useEffect, useState } from 'react';
import { call } from '../calls/call';
import { asCallError, type CallError } from '../calls/call-error';
import type { Question } from '../parts/confirm-modal';
import { Failure } from '../parts/failure';
import { Table } from '../parts/table';
import { count } from '../text/format';

interface Listed {
  documents: { name: string; chunks: number }[];
  next: string | undefined;
}

interface DocumentsPanelProps {
  library: string;
  /** Grows whenever the library has changed. */
  version: number;
  onAsk(question: Question): void;
  onClose(): void;
}

/** The documents of a library, a page at a time. */
export function DocumentsPanel({ library, version, onAsk, onClose }: DocumentsPanelProps) {
  const [listed, setListed] = useState<Listed>();
  const [error, setError] = useState<CallError>();
  const load = useCallback(
    async (before: Listed | undefined) => {
      try {
        const after = before?.next === undefined ? {} : { after: before.next };
        const page = await call('listDocuments', { library, ...after });
        const documents = [...(before?.documents ?? []), ...page.documents];
        setListed({ documents, next: page.next });
        setError(undefined);
      } catch (thrown) {
        setError(asCallError(thrown));
      }
    },
    [library],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version is read anew.
  useEffect(() => {
    void load(undefined);
  }, [load, version]);
  return (
    <section className="panel stack" aria-label={`Documents of ${library}`}>
      <div className="row row-apart">
        <h2 className="heading">Documents of {library}</h2>
        <Button appearance="subtle" onClick={onClose}>
          Close
        </Button>
      </div>
      {error !== undefined && <Failure title="The documents could not be listed" error={error} />}
      {listed === undefined && error === undefined && <Spinner label="Loading documents" />}
      {listed !== undefined && (
        <Table
          label={`Documents of ${library}`}
          head={['Document', 'Chunks', '']}
          rows={listed.documents.map(({ name, chunks }) => ({
            key: name,
            cells: [
              name,
              count(chunks),
              <Button
                key="delete"
                appearance="subtle"
                spacing="compact"
                aria-label={`Delete ${name}`}
                onClick={() => onAsk(remove(library, name))}
              >
                Delete
              </Button>,
            ],
          }))}
        />
      )}
      {listed?.next !== undefined && (
        <div className="row">
          <Button onClick={() => void load(listed)}>Show more</Button>
        </div>
      )}
    </section>
  );
}

function remove(library: string, document: string): Question {
  return {
    title: `Delete ${document}?`,
    text: `The document and all that was stored of it is deleted from ${library} at once, for good.`,
    action: 'Delete document',
    isDangerous: true,
    run: async () => {
      await call('delete', { library, document });
    },
  };
}
