import type { Command } from 'commander';
import { createPaint, isColoured, type Paint } from '../terminal/colour.ts';
import { type Format, formatAs, formatOption, print } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';
import type { Finding, Verdict } from './finding.ts';
import { judgeMachine } from './judge.ts';
import { readMachine } from './machine-facts.ts';

/** `lateen doctor`: whether a mesh can run here, and what to do where it cannot. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'checks engine, Compose, kernel, nft, ports, clock and disk (exit status 1: a mesh cannot run)',
    )
    .addOption(formatOption())
    .addHelpText('after', '\nExamples:\n  lateen doctor\n  lateen doctor -o json')
    .action(async ({ output }: { output: Format }) => {
      const facts = await createProgress().step('Looking at this machine', readMachine);
      const findings = judgeMachine(facts);
      print(
        formatAs(output, findings, () => formatFindings(findings, createPaint(isColoured(process.stdout)))),
      );
      process.exitCode = findings.some(({ verdict }) => verdict === 'error') ? 1 : 0;
    });
}

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red', unknown: 'dim' } as const;

export function formatFindings(findings: readonly Finding[], paint: Paint): string {
  const rows = findings.map(({ check, verdict, found }) => [verdict, check, found]);
  const table = formatTable([['RESULT', 'CHECK', 'FOUND'], ...rows]);
  const remedies = findings
    .filter(({ remedy }) => remedy !== '')
    .map(({ check, remedy }) => `${paint('bold', check)}: ${remedy}`);
  return [
    table.replace(/^(ok|warning|error|unknown)\b/gm, (verdict) =>
      paint(COLOURS[verdict as Verdict], verdict),
    ),
    ...(remedies.length === 0 ? [] : ['', 'What to do:', ...remedies.map((line) => `  ${line}`)]),
  ].join('\n');
}
