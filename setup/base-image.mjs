// The base image: pulled where a registry answers, else made here out of Debian packages and the Node of node_modules.
import { copyFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall, debianMirror, requirePermission } from './engine.mjs';
import { step } from './progress.mjs';
import { bin, must, works } from './shell.mjs';

export const BASE_IMAGE = 'node:26-trixie-slim';
const PACKAGES = 'nftables,iproute2,ca-certificates,libatomic1,procps,curl';

export async function ensureBaseImage() {
  if (await works('docker', ['image', 'inspect', BASE_IMAGE])) return;
  const isPulled = await step(`Pulling ${BASE_IMAGE}`, () =>
    works('docker', ['pull', '-q', BASE_IMAGE], { timeoutMs: 180_000 }),
  );
  if (isPulled) return;
  requirePermission(
    `The image ${BASE_IMAGE} cannot be pulled`,
    'Check the network and the registry mirror of your Docker engine, then `docker pull` it by hand.',
  );
  await step(`No registry answers: making ${BASE_IMAGE} from Debian packages (about 40 s)`, makeBaseImage);
}

async function makeBaseImage() {
  if (!(await works('sh', ['-c', 'command -v debootstrap']))) await aptInstall(['debootstrap']);
  const folder = await mkdtemp(join(tmpdir(), 'lateen-base-'));
  const target = join(folder, 'root');
  await must('debootstrap', [
    '--variant=minbase',
    `--include=${PACKAGES}`,
    'bookworm',
    target,
    debianMirror(),
  ]);
  for (const waste of [
    'var/cache/apt',
    'var/lib/apt/lists',
    'usr/share/doc',
    'usr/share/locale',
    'usr/share/man',
  ]) {
    await rm(join(target, waste), { recursive: true, force: true });
  }
  await must('mkdir', [
    '-p',
    join(target, 'var/cache/apt/archives/partial'),
    join(target, 'var/lib/apt/lists/partial'),
  ]);
  await copyFile(await realpath(bin('node')), join(target, 'usr/local/bin/node'));
  await must('sh', ['-c', `tar -C ${target} -c . | docker import - ${BASE_IMAGE}`]);
  await rm(folder, { recursive: true });
}
