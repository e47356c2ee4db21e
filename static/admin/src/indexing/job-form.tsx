import Button from '@atlaskit/button/new';
import Checkbox from '@atlaskit/checkbox';
import { type FormEvent, useState } from 'react';
import type { Embedder, JobRequest, Library } from '../calls/contract';
import { addFiles, NOTHING_SELECTED } from '../files/choose-files';
import type { GivenFile } from '../files/split-files';
import { Choice } from '../parts/choice';
import { ChosenFiles } from './chosen-files';
import { DropZone } from './drop-zone';
import { type FormErrors, initialValues, needsRebuild, requestOf } from './job-request';
import { LibraryName } from './library-name';
import { ProjectsField } from './projects-field';

const EMBEDDERS: readonly { value: Embedder; label: string }[] = [
  { value: 'builtin', label: 'Built-in model' },
  { value: 'openai', label: 'OpenAI' },
  { value: 'lexical', label: 'None: by words alone' },
];

const EMBEDDER_HELP: Readonly<Record<Embedder, string>> = {
  builtin: 'Runs inside Forge: no key, no cost, no text leaves Atlassian. It knows English only.',
  openai: 'Text is sent to OpenAI with your own key and paid for there.',
  lexical: 'Nothing is embedded or paid, in any language; other words for the same are not found.',
};

interface JobFormProps {
  libraries: readonly Library[];
  onSubmit(request: JobRequest, files: readonly GivenFile[]): void;
}

/** What is to be indexed, into which library, by which model. */
export function JobForm({ libraries, onSubmit }: JobFormProps) {
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const [values, setValues] = useState(() => initialValues(undefined));
  const [isTried, setTried] = useState(false);
  const library = libraries.find(({ name }) => name === values.library);
  const change = (changed: Partial<typeof values>) => setValues({ ...values, ...changed });
  const result = requestOf({ ...values, documents: selection.files.length }, library);
  // What is missing is not held against anyone before the first try.
  const errors: FormErrors = isTried && 'errors' in result ? result.errors : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if ('request' in result) onSubmit(result.request, selection.files);
  };
  const nameLibrary = (name: string) => {
    if (name === values.library) return;
    const settings = initialValues(libraries.find((one) => one.name === name));
    setValues({ ...settings, library: name, sync: values.sync });
  };
  return (
    <form className="panel stack" aria-label="New job" noValidate onSubmit={submit}>
      <DropZone
        error={errors.documents}
        onFiles={(files) => setSelection((before) => addFiles(before, files))}
      />
      <ChosenFiles selection={selection} onClear={() => setSelection(NOTHING_SELECTED)} />
      <div className="columns">
        <LibraryName
          names={libraries.map(({ name }) => name)}
          value={values.library}
          error={errors.library}
          onChange={nameLibrary}
        />
        <Choice
          id="embedder"
          label="Embedding model"
          help={EMBEDDER_HELP[values.embedder]}
          options={EMBEDDERS}
          value={values.embedder}
          onChange={(embedder) => change({ embedder })}
        />
        <ProjectsField
          library={library}
          choice={values.projects}
          keys={values.projectKeys}
          error={errors.projectKeys}
          onChange={change}
        />
      </div>
      <Checkbox
        label="Also delete documents of the library that are not given here"
        isChecked={values.sync}
        onChange={(event) => change({ sync: event.currentTarget.checked })}
      />
      {needsRebuild(library, values.embedder) && (
        <div>
          <Checkbox
            label="Re-index the whole library with this model"
            isChecked={values.rebuild}
            isInvalid={errors.rebuild !== undefined}
            onChange={(event) => change({ rebuild: event.currentTarget.checked })}
          />
          {errors.rebuild !== undefined && (
            <div className="field-error" role="alert">
              {errors.rebuild}
            </div>
          )}
        </div>
      )}
      <div className="row">
        <Button type="submit" appearance="primary">
          Estimate
        </Button>
        <span className="subtle">Uploads the documents and says what indexing them costs.</span>
      </div>
    </form>
  );
}
