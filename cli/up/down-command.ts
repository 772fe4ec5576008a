import type { Command } from 'commander';
import { print } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { type DownOptions, takeDown } from './down.ts';
import { takeGlobals, withProjectOptions } from './up-command.ts';

/** `lateen down`: removes what `lateen up` started. */
export function addDownCommand(program: Command): void {
  withProjectOptions(
    program.command('down').argument('[compose-options...]', 'after --: options of `docker compose down`'),
  )
    .description('stops and removes a compose project with its mesh')
    .option('-v, --volumes', 'volumes too, with the certificates of the mesh', false)
    .addHelpText('after', '\nExamples:\n  lateen down\n  lateen down -v\n  lateen down -- -t 3')
    .action(async (more: string[], options: Omit<DownOptions, 'more'>) => {
      const name = await takeDown({ ...options, ...takeGlobals(more, options) }, createProgress());
      print(`${name} is gone.`);
    });
}
