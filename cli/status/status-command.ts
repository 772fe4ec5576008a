import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Ask } from '../ask/ask.ts';
import { createPaint, isColoured } from '../terminal/colour.ts';
import { type Format, formatAs, formatOption, print } from '../terminal/output.ts';
import { type MeshStatus, readStatus } from './mesh-status.ts';
import { formatStatus } from './status-table.ts';

const LOOK_MS = 1000;
/** The cursor home, and nothing below it. */
const CLEAR = '\x1b[H\x1b[J';

interface StatusArguments {
  readonly output: Format;
  readonly watch: boolean;
}

/** `lateen status`: services, versions, agents, sync, mutual TLS and the last error of a running mesh. */
export function addStatusCommand(program: Command, ask: Ask): void {
  program
    .command('status')
    .description('each service of a running mesh: versions, agents, sync, mutual TLS, last error')
    .addOption(formatOption())
    .option('-w, --watch', 'look again each second, until Ctrl-C', false)
    .addHelpText('after', '\nExamples:\n  lateen status\n  lateen status --watch\n  lateen status -o json')
    .action(async ({ output, watch }: StatusArguments) => {
      if (watch) return watchStatus(ask, output);
      print(show(await readStatus(ask), output));
    });
}

function show(status: MeshStatus, output: Format): string {
  const paint = createPaint(isColoured(process.stdout));
  return formatAs(output, status, () => formatStatus(status, output === 'wide', paint));
}

/** On a terminal one picture, redrawn; else each state that is another than the one before. */
async function watchStatus(ask: Ask, output: Format): Promise<void> {
  let last = '';
  for (;;) {
    const text = show(await readStatus(ask), output);
    if (process.stdout.isTTY) process.stdout.write(`${CLEAR}${text}\n`);
    else if (text !== last) print(text);
    last = text;
    await sleep(LOOK_MS);
  }
}
