import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Scenario } from './scenario.ts';

const DATA = join(import.meta.dirname, 'data');
/** Held by tests of their own: messages of `istioctl analyze`, and generated scenarios in a form of their own. */
const OTHER_FORMS = new Set(['analysis', 'random']);

/** Every scenario of every theme, in the order of their names. */
export function loadScenarios(): Scenario[] {
  const themes = readdirSync(DATA).filter((theme) => !OTHER_FORMS.has(theme));
  return themes.sort().flatMap((theme) =>
    readdirSync(join(DATA, theme))
      .sort()
      .map((file): Scenario => {
        const text = readFileSync(join(DATA, theme, file), 'utf8');
        return { ...(parse(text) as Scenario), name: `${theme}/${file.replace(/\.yaml$/, '')}` };
      }),
  );
}
