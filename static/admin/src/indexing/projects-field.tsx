import Textfield from '@atlaskit/textfield';
import type { Library } from '../calls/contract';
import { Choice } from '../parts/choice';
import { Field } from '../parts/field';
import type { ProjectChoice } from './job-request';

interface ProjectsFieldProps {
  library: Library | undefined;
  choice: ProjectChoice;
  keys: string;
  error: string | undefined;
  onChange(changed: { projects?: ProjectChoice; projectKeys?: string }): void;
}

/** For which projects the library is searched. */
export function ProjectsField({ library, choice, keys, error, onChange }: ProjectsFieldProps) {
  const present = library === undefined ? [] : [keepOption(library)];
  return (
    <>
      <Choice<ProjectChoice>
        id="projects"
        label="Projects"
        help="Work items of these projects are refined by this library."
        options={[
          ...present,
          { value: 'all', label: 'All projects' },
          { value: 'list', label: 'Some projects' },
        ]}
        value={choice}
        onChange={(projects) => onChange({ projects })}
      />
      {choice === 'list' && (
        <Field id="project-keys" label="Project keys" help="For example PAY, HR" error={error}>
          <Textfield
            id="project-keys"
            value={keys}
            isInvalid={error !== undefined}
            aria-describedby="project-keys-help"
            onChange={(event) => onChange({ projectKeys: event.currentTarget.value })}
          />
        </Field>
      )}
    </>
  );
}

function keepOption({ projects }: Library): { value: ProjectChoice; label: string } {
  const now = projects === 'all' ? 'all projects' : projects.join(', ') || 'none';
  return { value: 'keep', label: `As it is: ${now}` };
}
