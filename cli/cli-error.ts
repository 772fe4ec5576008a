import { closestWord } from '../base/closest-word.ts';
import { errorMessage } from '../base/errors.ts';
import type { ErrorCode } from './error-codes.ts';

/** A failure that is told to the user as one sentence with its remedy, without a stack. */
export class CliError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, remedy: string, exitCode = 1) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** For a name that is not there: the one that is most like it, else all. */
export function knownRemedy(asked: string, known: readonly string[]): string {
  const bare = known.map((name) => name.split('.')[0] ?? name);
  const near = closestWord(asked, [...bare, ...known]);
  if (near !== null) return `Did you mean "${near}"?`;
  return known.length === 0
    ? 'None is known: has it the label lateen.inject?'
    : `Known: ${known.join(', ')}.`;
}

/** What the library of the command line says of a command that cannot be read, in our form. */
export function formatUsageError(text: string): string {
  const [, near] = /\n\((Did you mean .*)\)/.exec(text) ?? [];
  const what = text
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean .*\)/, '')
    .trimEnd();
  const remedy =
    near === undefined ? '`--help` says what there is.' : `${near} \`--help\` says what there is.`;
  return `Error [LAT1000]: ${what}\nRemedy: ${remedy}\n`;
}

/** What is written to stderr; of a failure that nobody expected no more than its message. */
export function formatFailure(error: unknown): string {
  if (error instanceof CliError) return `Error [${error.code}]: ${error.message}\nRemedy: ${error.remedy}\n`;
  return `Error [LAT1999]: ${errorMessage(error)}\n`;
}
