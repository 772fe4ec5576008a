// npm run demo: the example mesh, up and answering, from nothing but Node and npm.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBaseImage } from './base-image.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureEngine } from './engine.mjs';
import { composeArgs, publishedPort } from './example.mjs';
import { httpGet } from './http.mjs';
import { buildMeshImage } from './images.mjs';
import { bold, dim, green, main, SetupError, say, step } from './progress.mjs';
import { must, run } from './shell.mjs';

await main(async () => {
  await ensureDependencies();
  await ensureEngine();
  await ensureBaseImage();
  await buildMeshImage();
  const env = await choosePorts();
  await step('Building the example (examples/bookinfo)', () =>
    must('docker', composeArgs('build', '-q'), { env }),
  );
  await step('Starting the mesh and the example', () => must('docker', composeArgs('up', '-d'), { env }));
  const url = `http://127.0.0.1:${env.LATEEN_HTTP_PORT}/productpage`;
  await step(`Waiting until ${url} answers through the ingress gateway`, () => waitFor(url));
  printThingsToTry(url, `http://127.0.0.1:${env.LATEEN_CONSOLE_PORT}`);
});

/** The ports asked for; without a wish the usual ones, or free ones where those are taken. */
async function choosePorts() {
  const running = await publishedPort('istio=ingressgateway', 8080);
  const console = await publishedPort('lateen.role=controller', 20001);
  return {
    LATEEN_HTTP_PORT:
      process.env.LATEEN_HTTP_PORT ?? String(running ?? (await freePort(8080, 'LATEEN_HTTP_PORT'))),
    LATEEN_HTTPS_PORT:
      process.env.LATEEN_HTTPS_PORT ??
      String(running === null ? await freePort(8443, 'LATEEN_HTTPS_PORT') : 8443),
    LATEEN_CONSOLE_PORT:
      process.env.LATEEN_CONSOLE_PORT ?? String(console ?? (await freePort(20001, 'LATEEN_CONSOLE_PORT'))),
  };
}

async function freePort(wanted, variable) {
  for (let port = wanted; port < wanted + 50; port++) {
    if (!(await isFree(port))) continue;
    if (port !== wanted) say(`  Port ${wanted} is taken; using ${port} (set ${variable} to choose another).`);
    return port;
  }
  throw new SetupError(
    `No free port between ${wanted} and ${wanted + 49}.`,
    `Set ${variable} to a free port.`,
  );
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function waitFor(url) {
  let last = 'no answer';
  for (let tries = 0; tries < 240; tries++) {
    try {
      const { status, body } = await httpGet(url, 5000);
      // Every part of it: the services behind the page become healthy one after the other.
      if (status === 200 && !/class="(error|warn)"/.test(body)) return;
      last = status === 200 ? 'a part of the page is missing' : `status ${status}`;
    } catch (error) {
      last = String(error.code ?? error.message);
    }
    await sleep(250);
  }
  const { stdout } = await run('docker', composeArgs('ps', '-a'));
  throw new SetupError(
    `The page did not answer within 60 s (${last}).\n${stdout}`,
    'Look into `docker compose -p bookinfo logs lateen-controller istio-ingressgateway`.',
  );
}

function printThingsToTry(url, console) {
  say(`
${green('✔')} The mesh is up. Open ${bold(url)}
  and ${bold(console)} to see what talks to what.

Three things to try, in another terminal:
  ${bold('1')} One in ten requests to reviews v2 ${dim('(reload the page and watch the stars)')}
      cp examples/bookinfo/try/reviews-90-10.yaml examples/bookinfo/mesh/
  ${bold('2')} See what every proxy holds, and what reviews' callers do
      bin/lateen proxy-status
      bin/lateen proxy-config route productpage
  ${bold('3')} Make a mistake: nothing breaks, and you are told where it is
      cp examples/bookinfo/try/broken.yaml examples/bookinfo/mesh/ && bin/lateen analyze examples/bookinfo/mesh

Undo an edit by deleting the file again. ${dim('npm run demo:down removes everything.')}`);
}
