import { useId } from 'preact/hooks';

export interface Option<Value extends string | number> {
  readonly value: Value;
  readonly title: string;
}

export interface ChoiceProps<Value extends string | number> {
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, side by side. */
export function Choice<Value extends string | number>({
  label,
  options,
  value,
  onChange,
}: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice-option">
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.title}</span>
        </label>
      ))}
    </fieldset>
  );
}

const RANGES: readonly Option<number>[] = [
  { value: 60, title: '1 min' },
  { value: 300, title: '5 min' },
  { value: 900, title: '15 min' },
];

/** Seconds. */
export function TimeRange({
  value,
  onChange,
}: {
  readonly value: number;
  readonly onChange: (seconds: number) => void;
}) {
  return <Choice label="Time range" options={RANGES} value={value} onChange={onChange} />;
}
