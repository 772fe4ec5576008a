import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { damagedMarks } from '../../compose/inject/inject.ts';
import { isInjected, takeBack } from '../../compose/inject/marks.ts';
import { formatViolation } from '../../istio/format-violation.ts';
import { EXIT } from '../check/analyze.ts';
import { CliError } from '../cli-error.ts';
import { readComposeFiles } from './compose-files.ts';
import { writeWhole } from './write-whole.ts';

interface UninjectArguments {
  readonly file: string;
  readonly output?: string;
}

export function addUninjectCommand(program: Command): void {
  program
    .command('uninject')
    .description('gives back, to the byte, what `lateen inject` made a compose file of')
    .requiredOption('-f, --file <file>', 'what inject wrote, or - for stdin')
    .option('-o, --output <path>', 'where to; a folder where it was made of several files')
    .addHelpText('after', '\nExample:\n  lateen uninject -f compose.injected.yml -o compose.yml')
    .action(runUninject);
}

async function runUninject({ file, output }: UninjectArguments): Promise<void> {
  const [given = { name: file, text: '' }] = (await readComposeFiles([file], process.env)).texts;
  if (!isInjected(given.text))
    throw new CliError(
      'LAT1009',
      `${given.name} was not written by lateen inject`,
      'Name the file that was.',
    );
  const originals = takeBack(given);
  if (originals === null) {
    process.stderr.write(`${formatViolation(damagedMarks(given.name))}\n`);
    process.exitCode = EXIT.findings;
    return;
  }
  const [first, ...more] = originals;
  if (more.length === 0) {
    if (output === undefined) process.stdout.write(first?.text ?? '');
    else writeWhole(output, first?.text ?? '');
    return;
  }
  const names = originals.map(({ name }) => basename(name));
  if (output === undefined)
    throw new CliError(
      'LAT1008',
      `it was made of ${originals.length} files: ${names.join(', ')}`,
      'Name the folder that they are to be written into: -o FOLDER.',
    );
  for (const { name, text } of originals) writeWhole(join(output, basename(name)), text);
}
