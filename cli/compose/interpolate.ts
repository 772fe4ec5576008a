import { CliError } from '../cli-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
const OPERATOR = /^:?[-+?]/;

/** Compose's variables: `$NAME`, `${NAME}`, `${NAME:-default}`, `-`, `:+`, `:?` and so on, and `$$` for a dollar. */
export function interpolate(text: string, env: Environment): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const bare = NAME.exec(rest)?.[0];
    if (rest.startsWith('$')) {
      result += '$';
      at = dollar + 2;
    } else if (bare !== undefined) {
      result += env[bare] ?? '';
      at = dollar + 1 + bare.length;
    } else if (rest.startsWith('{')) {
      const end = closingBrace(text, dollar + 1);
      result += expand(text.slice(dollar + 2, end), env);
      at = end + 1;
    } else {
      result += '$';
      at = dollar + 1;
    }
  }
  return result;
}

/** Values of every depth. */
export function interpolateAll(value: unknown, env: Environment): unknown {
  if (typeof value === 'string') return value.includes('$') ? interpolate(value, env) : value;
  if (Array.isArray(value)) return value.map((item) => interpolateAll(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolateAll(inner, env)]));
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  throw new CliError(
    'LAT1022',
    `a brace is missing in ${JSON.stringify(text)}`,
    'Close it, or write $$ for a dollar.',
  );
}

function expand(expression: string, env: Environment): string {
  const name = NAME.exec(expression)?.[0] ?? '';
  const operator = OPERATOR.exec(expression.slice(name.length))?.[0] ?? '';
  const word = expression.slice(name.length + operator.length);
  const value = env[name];
  const isGiven = value !== undefined && !(operator.startsWith(':') && value === '');
  switch (operator.at(-1)) {
    case '-':
      return isGiven ? value : interpolate(word, env);
    case '+':
      return isGiven ? interpolate(word, env) : '';
    case '?':
      if (isGiven) return value;
      throw new CliError(
        'LAT1022',
        `the variable ${name} is not set: ${word}`,
        'Set it in the environment or in .env.',
      );
    default:
      return value ?? '';
  }
}
