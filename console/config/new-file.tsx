// What a new file begins with: nothing, or the form of a common recipe.
import { useState } from 'preact/hooks';
import { Page } from '../components/page.tsx';
import { navigate } from '../router.ts';
import { freeName, nameProblem } from './draft.ts';
import type { Known } from './known.ts';
import { RecipeForm } from './recipe-form.tsx';
import { filledIn, type Recipe } from './recipes/recipe.ts';
import { RECIPES } from './recipes/recipes.ts';

export interface NewFileProps {
  /** Id of a recipe, or `choose`. */
  readonly id: string;
  readonly known: Known;
  readonly taken: readonly string[];
  readonly onCreate: (file: string, text: string) => void;
}

export function NewFile({ id, known, taken, onCreate }: NewFileProps) {
  const recipe = RECIPES.find((each) => each.id === id);
  const parent = { href: '/config', title: 'Configuration' };
  if (recipe === undefined)
    return (
      <Page title="New" parent={parent}>
        <RecipeCards />
        <EmptyFileForm taken={taken} onCreate={onCreate} />
      </Page>
    );
  return (
    <Page title={recipe.title} parent={{ href: '/config?new=choose', title: 'New' }}>
      <p class="soft">{recipe.summary}</p>
      <FilledRecipe key={recipe.id} recipe={recipe} known={known} taken={taken} onCreate={onCreate} />
    </Page>
  );
}

export function RecipeCards() {
  return (
    <ul class="recipes" aria-label="Recipes">
      {RECIPES.map(({ id, title, summary }) => (
        <li key={id}>
          <a class="recipe" href={`/config?new=${id}`}>
            <strong>{title}</strong>
            <span>{summary}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function EmptyFileForm({ taken, onCreate }: Pick<NewFileProps, 'taken' | 'onCreate'>) {
  const [name, setName] = useState('');
  const problem = name === '' ? '' : nameProblem(name, taken);
  return (
    <form
      class="new-file"
      onSubmit={(event) => {
        event.preventDefault();
        if (nameProblem(name, taken) === '') onCreate(name, '');
      }}
    >
      <label>
        Or an empty file
        <input
          type="text"
          placeholder="routes/reviews.yaml"
          value={name}
          aria-invalid={problem !== ''}
          aria-describedby="new-file-problem"
          onInput={(event) => setName(event.currentTarget.value.trim())}
        />
      </label>
      <button type="submit" disabled={nameProblem(name, taken) !== ''}>
        Open the editor
      </button>
      <p id="new-file-problem" class="field-problem" role="status">
        {problem}
      </p>
    </form>
  );
}

function FilledRecipe({
  recipe,
  known,
  taken,
  onCreate,
}: Omit<NewFileProps, 'id'> & { readonly recipe: Recipe }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const fields = recipe.fields(known, values);
  const filled = filledIn(fields, values);
  const built = recipe.build(known, filled);
  const file = freeName(built.file, taken);
  return (
    <RecipeForm
      fields={fields}
      values={filled}
      built={{ ...built, file }}
      onChange={(name, value) => setValues({ ...values, [name]: value })}
      onDone={() => onCreate(file, built.text)}
      onCancel={() => navigate('/config?new=choose')}
    />
  );
}
