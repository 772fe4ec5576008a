import assert from 'node:assert/strict';
import { withoutChance } from './by-chance.ts';
import { comparable } from './compare.ts';
import type { Answer, Call } from './scenario.ts';

/** @throws AssertionError if an answer differs from the recorded one */
export function assertAlike(
  scenario: string,
  { name, answer }: Call,
  made: Answer,
  addressOf: (name: string) => string,
): void {
  const same = (each: Answer) => withoutChance(scenario, name, each);
  const { expected, actual } = comparable(same(answer), same(made), addressOf);
  assert.deepEqual(actual, expected, `${name}\n${difference(expected, actual)}`);
}

/** One line for each place where the two differ. */
export function difference(expected: unknown, actual: unknown, path = ''): string {
  if (isTree(expected) && isTree(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys
      .map((key) => difference(expected[key], actual[key], `${path}.${key}`))
      .filter((line) => line !== '')
      .join('\n');
  }
  const [recorded, here] = [JSON.stringify(expected), JSON.stringify(actual)];
  return recorded === here ? '' : `  ${path.slice(1)}: recorded ${recorded}, here ${here}`;
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
