import { useEffect, useState } from 'preact/hooks';
import { ANY_TRACE, problemOf, type TraceSearch } from './search.ts';

export interface SearchFormProps {
  readonly search: TraceSearch;
  /** `reviews.default`. */
  readonly services: readonly string[];
  readonly onSearch: (search: TraceSearch) => void;
}

const STATUSES: readonly (readonly [string, string])[] = [
  ['', 'any'],
  ['error', 'failed'],
  ['2xx', '2xx'],
  ['3xx', '3xx'],
  ['4xx', '4xx'],
  ['5xx', '5xx'],
];

const RANGES: readonly (readonly [number, string])[] = [
  [300, 'last 5 minutes'],
  [3600, 'last hour'],
  [6 * 3600, 'last 6 hours'],
  [24 * 3600, 'last day'],
  [7 * 24 * 3600, 'last week'],
];

/** Choices are asked at once, what is typed by Enter or when the field is left. */
export function SearchForm({ search, services, onSearch }: SearchFormProps) {
  const [typed, setTyped] = useState(search);
  useEffect(() => setTyped(search), [search]);
  const ask = (changes: Partial<TraceSearch>) => {
    const next = { ...typed, ...changes };
    setTyped(next);
    if (problemOf(next) === '') onSearch(next);
  };
  const problem = problemOf(typed);
  const known =
    services.includes(search.service) || search.service === '' ? services : [search.service, ...services];
  const field = (name: 'min' | 'max' | 'tag', label: string, placeholder: string) => (
    <label class={`trace-field trace-field-${name}`}>
      {label}
      <input
        type="text"
        value={typed[name]}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
        onChange={(event) => ask({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <search>
      <form
        class="trace-search"
        onSubmit={(event) => {
          event.preventDefault();
          ask({});
        }}
      >
        <Select
          label="Service"
          value={typed.service}
          options={[['', 'any'], ...known.map((name) => [name, name] as const)]}
          onSelect={(service) => ask({ service })}
        />
        <Select
          label="Status"
          value={typed.status}
          options={
            STATUSES.some(([value]) => value === typed.status)
              ? STATUSES
              : [...STATUSES, [typed.status, typed.status]]
          }
          onSelect={(status) => ask({ status })}
        />
        {field('min', 'At least', '100ms')}
        {field('max', 'At most', '2s')}
        {field('tag', 'Header or tag', 'http.method=POST')}
        <Select
          label="Time"
          value={String(typed.seconds)}
          options={RANGES.map(([value, title]) => [String(value), title])}
          onSelect={(seconds) => ask({ seconds: Number(seconds) })}
        />
        {JSON.stringify(typed) !== JSON.stringify(ANY_TRACE) && (
          <button type="button" onClick={() => ask(ANY_TRACE)}>
            Clear
          </button>
        )}
        <p class="trace-problem" role="status">
          {problem}
        </p>
      </form>
    </search>
  );
}

function Select({
  label,
  value,
  options,
  onSelect,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onSelect: (value: string) => void;
}) {
  return (
    <label class="trace-field">
      {label}
      <select value={value} onChange={(event) => onSelect(event.currentTarget.value)}>
        {options.map(([option, title]) => (
          <option key={option} value={option}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
