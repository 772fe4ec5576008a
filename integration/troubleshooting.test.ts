import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lateen } from './fixture/lateen.ts';
import { blocksOf, follow } from './fixture/markdown.ts';
import { freePort } from './fixture/mesh.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'lateen-trouble-'));
const project = `lt-trouble-${process.pid}`;
const app = join(folder, project);
const port = String(await freePort());
const PORTS = { LATEEN_HTTP_PORT: port, LATEEN_HTTPS_PORT: String(await freePort()) };
const other = `${project}-other`;
const env = {
  ...PORTS,
  XDG_STATE_HOME: join(folder, 'state'),
};

after(async () => {
  await lateen(['down', '-p', other, '-v', '--', '-t', '0'], env);
  await lateen(['down', '-p', project, '-v', '--', '-t', '0'], env);
  rmSync(folder, { recursive: true });
});

test('docs/troubleshooting.md: each symptom is seen as the page says, and its commands find the cause', async (context) => {
  const tutorial = blocksOf(readFileSync(join(root, 'docs', 'tutorial.md'), 'utf8'));
  for (const { file, text } of tutorial)
    if (file === 'compose.yml' || file === 'mesh/gateway.yaml') {
      mkdirSync(dirname(join(app, file)), { recursive: true });
      writeFileSync(join(app, file), text);
    }
  const up = await lateen(['up'], env, app);
  if (up.status !== 0) throw new Error(up.stderr);
  await follow(join(root, 'docs', 'troubleshooting.md'), app, {
    env,
    edit: (command) =>
      command
        // The second project must find free ports, and a name that no other test has.
        .replaceAll(
          '(cd other && ',
          `(cd other && unset ${Object.keys(PORTS).join(' ')} && COMPOSE_PROJECT_NAME=${other} `,
        )
        .replaceAll('compose --project-directory other', `compose -p ${other} --project-directory other`)
        .replaceAll('npx lateen', `node ${join(root, 'bin', 'lateen')}`)
        .replaceAll('"$OLDPWD/node_modules/.bin/lateen"', join(root, 'bin', 'lateen'))
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`),
    onDone: (command, ms) => context.diagnostic(`${Math.round(ms)} ms  ${command.split('\n')[0]}`),
  });
});
