import { CliError, formatFailure } from './cli-error.ts';
import { createProgram } from './program.ts';

// `lateen … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await createProgram(process.env.LATEEN_VERSION ?? 'dev').parseAsync();
} catch (error) {
  process.stderr.write(formatFailure(error));
  process.exitCode = error instanceof CliError ? error.exitCode : 1;
}
