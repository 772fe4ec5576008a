import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PORT } from '../../model/ports.ts';
import { page, table } from './tables.mjs';

const root = join(import.meta.dirname, '..', '..');

/** Its comments say what each is for. */
export function renderPorts() {
  const source = readFileSync(join(root, 'model', 'ports.ts'), 'utf8');
  const rows = Object.entries(PORT).map(([name, port]) => {
    const comment = new RegExp(`/\\*\\* ([^\\n]*) \\*/\\n  ${name}:`).exec(source)?.[1];
    if (comment === undefined) throw new Error(`model/ports.ts does not say what ${name} is for`);
    return [port, comment];
  });
  rows.sort(([a], [b]) => a - b);
  const mesh = readFileSync(join(root, 'compose', 'mesh.yml'), 'utf8');
  const published = [...mesh.matchAll(/- (127\.0\.0\.1):\$\{(\w+):-(\d*)\}:(\d+)/g)].map(
    ([, address, variable, usual, target]) => [
      target,
      `${address}, ${usual === '' ? 'a free port' : usual}`,
      `\`${variable}\``,
    ],
  );
  return page(
    'Ports',
    'model/ports.ts and compose/mesh.yml',
    `${table(['port', 'what'], rows)}

## Published on this machine

${table(['port in the container', 'published at', 'another by'], published)}`,
  );
}
