import { InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';

/** What every verb needs to print and to read its options. */

export const print = (text: string) => process.stdout.write(`${text}\n`);

export type Format = 'short' | 'wide' | 'json' | 'yaml';

export const formatOption = () =>
  new Option('-o, --output <format>', 'how to print it; wide = with more columns, and nothing cut')
    .default('short')
    .choices(['short', 'wide', 'json', 'yaml']);

/** JSON or YAML as asked for; `short` and `wide` are what a person reads. */
export function formatAs(format: Format, value: unknown, short: () => string): string {
  if (format === 'json') return JSON.stringify(value, null, 2);
  return format === 'yaml' ? stringify(value).trimEnd() : short();
}

/** For commander: refuses what is no whole number of the range. */
export const numberBetween = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`Write a number from ${least} to ${most}.`);
};

/** Options that may be given several times, as istioctl's: a list behind one would swallow the paths. */
export const collect = (value: string, previous: readonly string[]) => [...previous, value];
