import Select from '@atlaskit/select';
import { Field } from './field';

interface ChoiceProps<V extends string> {
  id: string;
  label: string;
  help?: string | undefined;
  options: readonly { value: V; label: string }[];
  value: V;
  onChange(value: V): void;
}

/** One of a few named values. */
export function Choice<V extends string>(props: ChoiceProps<V>) {
  const { id, label, help, options, value, onChange } = props;
  return (
    <Field id={id} label={label} help={help}>
      <Select
        inputId={id}
        options={options}
        value={options.find((option) => option.value === value) ?? null}
        isSearchable={false}
        onChange={(option) => {
          if (option !== null) onChange(option.value);
        }}
      />
    </Field>
  );
}
