import { closestWord } from '../../base/closest-word.ts';
import { LABEL, type Labels } from '../../model/labels.ts';

const PREFIX = 'lateen.';

const KNOWN: readonly string[] = Object.values(LABEL).filter((name) => name.startsWith(PREFIX));
/** Those that people write, without the prefix. */
const UNWRITTEN: readonly string[] = [
  LABEL.role,
  LABEL.agentFor,
  LABEL.agentOf,
  LABEL.actsAs,
  LABEL.appStarted,
];
const SUFFIXES = KNOWN.filter((name) => !UNWRITTEN.includes(name)).map((name) => name.slice(PREFIX.length));
const FLAGS: readonly string[] = [LABEL.inject, LABEL.istioInject, LABEL.headless];

export interface LabelTypo {
  readonly message: string;
  readonly remedy: string;
}

/** Labels under our prefix that mean nothing, and flags that are neither true nor false. */
export function labelTypos(labels: Labels): LabelTypo[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    if (FLAGS.includes(name) && value !== 'true' && value !== 'false')
      return [{ message: `label ${name} is ${JSON.stringify(value)}`, remedy: 'Write "true" or "false".' }];
    const isOurs = name.toLowerCase().startsWith(PREFIX);
    if (!isOurs || KNOWN.includes(name)) return [];
    // The prefix is common to all, so it says nothing of nearness.
    const near = closestWord(name.slice(PREFIX.length), SUFFIXES);
    const remedy =
      near === null ? `Known: ${PREFIX}${SUFFIXES.join(`, ${PREFIX}`)}.` : `Did you mean "${PREFIX}${near}"?`;
    return [{ message: `unknown label ${name} has no effect`, remedy }];
  });
}
