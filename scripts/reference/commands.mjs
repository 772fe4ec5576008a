import { createProgram } from '../../cli/program.ts';
import { page } from './tables.mjs';

export function renderCommands() {
  const program = createProgram('VERSION').configureHelp({ helpWidth: 100 });
  return page('Commands', 'the help of the program', sections(program, '').join('\n'));
}

function sections(command, parent) {
  const name = `${parent} ${command.name()}`.trim();
  command.configureHelp({ helpWidth: 100 });
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  const own = `## ${name}\n\n\`\`\`text\n${text.trim()}\n\`\`\`\n`;
  return [own, ...command.commands.flatMap((child) => sections(child, name))];
}
