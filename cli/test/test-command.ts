import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type Docker from 'dockerode';
import { formatViolation } from '../../istio/format-violation.ts';
import type { TestApplied, TestRequests } from '../../model/test-mesh.ts';
import { createDocker, type FoundController } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import { type Format, formatAs, formatOption, numberBetween, print } from '../terminal/output.ts';
import { askTestMesh } from './ask-test-mesh.ts';
import { requestTable } from './request-table.ts';

type Find = (docker: Docker) => Promise<FoundController>;
type Asked = Parameters<typeof askTestMesh>[2];

interface RequestOptions {
  readonly to?: string;
  readonly from?: string;
  readonly after?: number;
  readonly reporter?: string;
  readonly output: Format;
}

/** `lateen test`: what lateen/testcontainers does, for tests in any language. */
export function addTestCommand(program: Command, find: Find): void {
  const ask = async <T>(asked: Asked, body?: string) => {
    const docker = await createDocker();
    return askTestMesh<T>(docker, await find(docker), asked, body);
  };
  const group = program
    .command('test')
    .description('for tests in any language: applies rules, and tells what every request did');
  addApply(group, ask);
  addRestore(group, ask);
  addRequests(group, ask);
}

type AskTest = <T>(asked: Asked, body?: string) => Promise<T>;

function addApply(group: Command, ask: AskTest): void {
  group
    .command('apply <file>')
    .description('documents, from a file or - for stdin; ends when they are in force at every proxy')
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nPrints the number by which they are taken back.\n\nExample:\n  id=$(lateen test apply canary.yaml)',
    )
    .action(async (file: string, { output }: { output: Format }) => {
      const yaml = file === '-' ? await text(process.stdin) : await readDocuments(file);
      const name = file === '-' ? undefined : basename(file);
      const applied = await ask<TestApplied>(['POST', '/v1/apply', { name }], yaml);
      for (const violation of applied.violations) process.stderr.write(`${formatViolation(violation)}\n`);
      print(formatAs(output, applied, () => String(applied.id)));
    });
}

function addRestore(group: Command, ask: AskTest): void {
  group
    .command('restore [id]')
    .description('takes back what was applied under a number, else everything; what was before is in force')
    .addHelpText('after', '\nExample:\n  lateen test restore "$id"')
    .action(async (id = '0') => {
      await ask<TestApplied>(['POST', '/v1/restore', { id }]);
    });
}

function addRequests(group: Command, ask: AskTest): void {
  group
    .command('requests')
    .description('all requests that are over, in the order of their starts; each once, by its caller’s proxy')
    .option('--to <service>', 'the service or container that was called')
    .option('--from <app>', 'the app or container that called')
    .option('--after <mark>', 'only what came after `mark` of an earlier answer', numberBetween(0, 2 ** 53))
    .addOption(
      new Option('--reporter <side>', 'whose word alone; destination = every attempt that arrived').choices([
        'source',
        'destination',
      ]),
    )
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  lateen test requests --to reviews' +
        '\n  mark=$(lateen test requests -o json | jq .mark)' +
        '\n  lateen test requests --to reviews --after "$mark" -o json | jq \'.requests[].destination.version\'',
    )
    .action(async ({ to, from, after, reporter, output }: RequestOptions) => {
      const query = { to, from, reporter, after: after === undefined ? undefined : String(after) };
      const seen = await ask<TestRequests>(['GET', '/v1/requests', query]);
      if (seen.problem !== '')
        throw new CliError(
          'LAT1043',
          seen.problem,
          'Does every container of the mesh still run? Ask for the requests since a later mark.',
        );
      print(formatAs(output, seen, () => requestTable(seen.requests)));
    });
}

async function readDocuments(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(
      'LAT1009',
      `${file} cannot be read (${(error as Error).message})`,
      'Name a file of YAML.',
    );
  }
}
