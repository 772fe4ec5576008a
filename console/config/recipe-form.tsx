import { Icon } from '../components/icon.tsx';
import { configPath } from '../paths.ts';
import { type Built, type Field, problemOf, type Values } from './recipes/recipe.ts';

export interface RecipeFormProps {
  readonly fields: readonly Field[];
  readonly values: Values;
  readonly built: Built;
  readonly onChange: (name: string, value: string) => void;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/** The form, and beside it the YAML that it means: one learns it by looking. */
export function RecipeForm({ fields, values, built, onChange, onDone, onCancel }: RecipeFormProps) {
  const isComplete = fields.every((field) => problemOf(field, values[field.name] ?? '') === '');
  return (
    <form
      class="recipe-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isComplete) onDone();
      }}
    >
      <div class="recipe-fields">
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            onInput={(value) => onChange(field.name, value)}
          />
        ))}
        {built.notes.map(({ text, file }) => (
          <p key={text} class="notice notice-warn">
            <Icon name="alert" /> {text}{' '}
            {file !== undefined && <a href={configPath({ file, line: 0 })}>{file}</a>}
          </p>
        ))}
        <div class="recipe-actions">
          <button type="submit" class="primary" disabled={!isComplete}>
            Open in the editor
          </button>
          <button type="button" onClick={onCancel}>
            Back
          </button>
        </div>
      </div>
      <div class="recipe-yaml">
        <p class="mono soft">{built.file}</p>
        <section class="recipe-text" aria-label="The YAML that it gives">
          {/* What scrolls has to be reachable by keyboard */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
          <pre tabIndex={0}>{built.text}</pre>
        </section>
      </div>
    </form>
  );
}

function FieldInput({
  field,
  value,
  onInput,
}: {
  readonly field: Field;
  readonly value: string;
  readonly onInput: (value: string) => void;
}) {
  const { name, label, help, kind, options } = field;
  const problem = problemOf(field, value);
  const described = {
    id: `field-${name}`,
    'aria-invalid': problem !== '',
    'aria-describedby': `field-${name}-note`,
  };
  return (
    <div class="field">
      <label class="field-label" for={`field-${name}`}>
        {label}
      </label>
      {kind === 'choice' ? (
        <select value={value} {...described} onChange={(event) => onInput(event.currentTarget.value)}>
          {options?.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : (
        <input
          type="text"
          inputMode={kind === 'number' || kind === 'percent' ? 'decimal' : 'text'}
          value={value}
          spellcheck={false}
          autocomplete="off"
          {...described}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
      <span id={`field-${name}-note`} class={problem === '' ? 'field-help' : 'field-problem'}>
        {problem === '' ? help : problem}
      </span>
    </div>
  );
}
