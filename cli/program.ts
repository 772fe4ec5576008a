import { Command, Option } from 'commander';
import type Docker from 'dockerode';
import type { KnownServices } from '../istio/analyze.ts';
import { addAsCommand } from './as/as-command.ts';
import type { AskProxy } from './ask/ask.ts';
import { askController, askProxy } from './ask/ask-controller.ts';
import { createDocker, findController } from './ask/find-controller.ts';
import { addAuthzCommand } from './authz/authz-command.ts';
import { addBugReportCommand } from './bug-report/bug-report.ts';
import { addCertCommand } from './cert/cert-command.ts';
import { addCheckCommands } from './check/check-commands.ts';
import { addTracingCommand } from './check/tracing-audit.ts';
import { formatUsageError } from './cli-error.ts';
import { addCompletionCommand } from './completion/completion-command.ts';
import { addDashboardCommand } from './dashboard.ts';
import { addDescribeCommand } from './describe/describe-command.ts';
import { addDoctorCommand } from './doctor/doctor-command.ts';
import { addEgressCommand } from './egress/egress.ts';
import { addInitCommand } from './init/init-command.ts';
import { addInjectCommands } from './inject/inject-command.ts';
import { addMeshCommands } from './mesh-commands.ts';
import { addLogsCommand } from './proxy/logs-command.ts';
import { addMetricsCommand } from './proxy/workload-metrics.ts';
import { addStatusCommand } from './status/status-command.ts';
import { showWholeTables } from './terminal/table.ts';
import { addTestCommand } from './test/test-command.ts';
import { addDownCommand } from './up/down-command.ts';
import { addUpCommand } from './up/up-command.ts';

/** The command line with all its verbs; `parseAsync` runs one. */
export function createProgram(version: string): Command {
  const program = new Command('lateen')
    .description('Istio for Docker Compose: a service mesh with no Kubernetes.')
    .version(version, '-V, --version', 'version of this program alone')
    .addOption(new Option('--mesh <name>', 'mesh id or compose project, where several run'))
    .configureOutput({ outputError: (text, write) => write(formatUsageError(text)) })
    .addHelpText(
      'after',
      '\nExamples:\n  lateen up\n  lateen status --watch\n  lateen analyze mesh/\n  lateen proxy-config route reviews',
    );

  const find = (docker: Docker) => findController(docker, program.opts<{ mesh?: string }>().mesh);

  async function ask<T>(path: string): Promise<T> {
    const docker = await createDocker();
    return askController<T>(docker, await find(docker), path);
  }

  const askOne: AskProxy = async (container, method, path) =>
    askProxy(await createDocker(), container, method, path);

  program.hook('preAction', (_, command) => {
    if (command.opts<{ output?: string }>().output === 'wide') showWholeTables();
  });

  program.commandsGroup('A project in a mesh:');
  addUpCommand(program);
  addDownCommand(program);
  addStatusCommand(program, ask);
  addInitCommand(program);
  addInjectCommands(program);
  addDoctorCommand(program);
  program.commandsGroup('What is in ./mesh:');
  addCheckCommands(program, () => ask<KnownServices>('/debug/registryz'));
  addEgressCommand(program);
  program.commandsGroup('What runs:');
  addMeshCommands(program, version, ask, askOne);
  addLogsCommand(program, find);
  addDashboardCommand(program, find);
  addBugReportCommand(program, find);
  program.commandsGroup('More:').helpCommand(true);
  const experimental = program
    .command('x')
    .alias('experimental')
    .description('experiments and helpers for development');
  addCertCommand(experimental);
  addAuthzCommand(experimental, ask);
  addTracingCommand(experimental, ask);
  addDescribeCommand(experimental, ask);
  addMetricsCommand(experimental, ask);
  addAsCommand(experimental, find);
  addTestCommand(program, find);
  addCompletionCommand(program);
  return program;
}
