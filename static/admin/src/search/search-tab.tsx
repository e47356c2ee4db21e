import Button from '@atlaskit/button/new';
import Textfield from '@atlaskit/textfield';
import { type FormEvent, useState } from 'react';
import { call } from '../calls/call';
import { asCallError, type CallError } from '../calls/call-error';
import type { Calls, Library } from '../calls/contract';
import { Choice } from '../parts/choice';
import { Failure } from '../parts/failure';
import { Field } from '../parts/field';
import { SearchResults } from './search-results';

/** Stands for no library in particular; no library's name is empty. */
const EVERY_LIBRARY = '';

/** Tries out what a text finds, as a refinement would. */
export function SearchTab({ libraries }: { libraries: readonly Library[] }) {
  const [text, setText] = useState('');
  const [library, setLibrary] = useState(EVERY_LIBRARY);
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState<Calls['search']['gives']>();
  const [error, setError] = useState<CallError>();
  const isKnown = libraries.some(({ name }) => name === library);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    // Passages of the text before must not pass for those of this one.
    setFound(undefined);
    try {
      setFound(await call('search', { text, ...(isKnown ? { library } : {}) }));
    } catch (thrown) {
      setError(asCallError(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="tab stack-wide">
      <form className="panel stack" aria-label="Search" onSubmit={submit}>
        <div className="columns columns-uneven">
          <Field id="query" label="Text" help="A question, or the text of a work item.">
            <Textfield
              id="query"
              value={text}
              aria-describedby="query-help"
              onChange={(event) => setText(event.currentTarget.value)}
            />
          </Field>
          <Choice
            id="search-library"
            label="Library"
            options={[
              { value: EVERY_LIBRARY, label: 'All libraries' },
              ...libraries.map(({ name }) => ({ value: name, label: name })),
            ]}
            value={isKnown ? library : EVERY_LIBRARY}
            onChange={setLibrary}
          />
        </div>
        <div className="row">
          <Button type="submit" appearance="primary" isLoading={isBusy}>
            Search
          </Button>
        </div>
      </form>
      {error !== undefined && <Failure title="The search failed" error={error} />}
      {found !== undefined && <SearchResults found={found} />}
    </div>
  );
}
