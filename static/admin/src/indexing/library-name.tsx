import { CreatableSelect } from '@atlaskit/select';
import { Field } from '../parts/field';

interface LibraryNameProps {
  names: readonly string[];
  value: string;
  error: string | undefined;
  onChange(name: string): void;
}

/** A library of the site, or the name of a new one. */
export function LibraryName({ names, value, error, onChange }: LibraryNameProps) {
  const known = names.map((name) => ({ value: name, label: name }));
  return (
    <Field
      id="library"
      label="Library"
      help={
        value !== '' && !names.includes(value)
          ? 'A new library of this name will be made.'
          : 'Choose one, or type the name of a new one.'
      }
      error={error}
    >
      <CreatableSelect
        inputId="library"
        options={known}
        value={value === '' ? null : { value, label: value }}
        placeholder="For example Engineering handbook"
        isClearable
        isInvalid={error !== undefined}
        formatCreateLabel={(typed: string) => `New library “${typed.trim()}”`}
        // Leaving the field keeps what has been typed, as any other field does.
        onBlur={(event) => {
          const typed = (event.target as HTMLInputElement).value.trim();
          if (typed !== '') onChange(typed);
        }}
        onChange={(option) => onChange(option?.value.trim() ?? '')}
      />
    </Field>
  );
}
