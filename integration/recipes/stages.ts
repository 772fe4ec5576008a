import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { hasServices, RECIPES, SAMPLE } from '../fixture/bookinfo.ts';

/** Recipes whose proofs run over the same containers: each start of them takes seconds. */
export interface Stage {
  readonly recipes: readonly string[];
  /** Compose files over the sample's. */
  readonly files: readonly string[];
}

type Services = Readonly<Record<string, unknown>>;

const composeOf = (recipe: string) => join(RECIPES, recipe, 'compose.yml');

function servicesOf(file: string): Services {
  return (parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Services }).services;
}

/**
 * Recipes that only bring services beside the sample's are together as far as these do not contradict each other; one
 * that changes the sample is alone; those without a compose file have the sample as it is.
 */
export function stagesOf(recipes: readonly string[]): Stage[] {
  const plain = recipes.filter((recipe) => !hasServices(recipe));
  const sample = servicesOf(join(SAMPLE, 'compose.yml'));
  const stages: { recipes: string[]; services: Services }[] = [];
  for (const recipe of recipes.filter(hasServices)) {
    const services = servicesOf(composeOf(recipe));
    const isBeside = Object.keys(services).every((name) => !(name in sample));
    const stage = isBeside
      ? stages.find((each) => areCompatible(each.services, services, sample))
      : undefined;
    if (stage === undefined) stages.push({ recipes: [recipe], services });
    else {
      stage.recipes.push(recipe);
      stage.services = { ...stage.services, ...services };
    }
  }
  const first = plain.length === 0 ? [] : [{ recipes: plain, files: [] }];
  return [
    ...first,
    ...stages.map((stage) => ({ recipes: stage.recipes, files: stage.recipes.map(composeOf) })),
  ];
}

function areCompatible(first: Services, second: Services, sample: Services): boolean {
  const isSame = (name: string) => JSON.stringify(first[name]) === JSON.stringify(second[name]);
  return (
    Object.keys(first).every((name) => !(name in sample)) &&
    Object.keys(second).every((name) => !(name in first) || isSame(name))
  );
}
