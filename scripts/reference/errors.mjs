import { ERROR_CODES } from '../../cli/error-codes.ts';

const INTRODUCTION = `# Errors of the command line

Made by \`npm run reference\` from cli/error-codes.ts; do not edit.

What fails is told on standard error in two lines, \`Error [CODE]: what\` and \`Remedy: what to do\`, and the exit status is
not 0. Findings about configuration (\`IST…\`, \`LAT0…\`) are in [codes.md](codes.md).
`;

export function renderErrors() {
  const sections = Object.entries(ERROR_CODES).map(
    ([code, [title, remedy]]) => `## ${code}\n\n**${title}.** ${remedy}\n`,
  );
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}
