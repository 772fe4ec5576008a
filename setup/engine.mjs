// A Docker engine with Compose v2: the user's own where one answers, else Debian's, installed and started here.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError, say, step } from './progress.mjs';
import { must, run, works } from './shell.mjs';

const DAEMON_LOG = '/var/log/lateen-dockerd.log';

export const isSetupForbidden = () => process.env.LATEEN_NO_SETUP === '1';
export const isRoot = () => process.getuid?.() === 0;
export const isDebian = () => existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

/** Makes sure that `docker` and `docker compose` (2.20 or newer, for `include`) answer. */
export async function ensureEngine() {
  if (!(await works('docker', ['version']))) await startEngine();
  if (!(await hasCompose())) await installCompose();
}

/** Says what is to be installed, or refuses with the remedy where we may not or cannot. */
export function requirePermission(what, remedy) {
  if (isSetupForbidden())
    throw new SetupError(`${what}, and LATEEN_NO_SETUP=1 forbids to arrange it.`, remedy);
  if (!isDebian() || !isRoot()) {
    throw new SetupError(`${what}, and it can be arranged only by root on Debian.`, remedy);
  }
}

async function startEngine() {
  const why = (await run('docker', ['version'])).stderr.trim().split('\n').at(-1) ?? '';
  const elsewhere = process.env.DOCKER_HOST;
  if (elsewhere !== undefined && elsewhere !== '') {
    throw new SetupError(
      `No Docker engine answers at DOCKER_HOST=${elsewhere} (${why}).`,
      'Start that engine, or unset DOCKER_HOST to use the one of this machine.',
    );
  }
  requirePermission(
    `No Docker engine answers (${why})`,
    'Start Docker (Docker Desktop, or `sudo systemctl start docker`), or set DOCKER_HOST, and run this again.',
  );
  if (!(await works('sh', ['-c', 'command -v dockerd && command -v nft && command -v iptables']))) {
    await step('Installing Docker from Debian (docker.io, nftables, iptables)', async () => {
      await aptInstall(['docker.io', 'iptables', 'nftables', 'iproute2', 'ca-certificates']);
    });
  }
  await step(`Starting the Docker engine (log: ${DAEMON_LOG})`, async () => {
    const log = openSync(DAEMON_LOG, 'a');
    spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
    for (let tries = 0; tries < 240; tries++) {
      if (await works('docker', ['version'])) return;
      await sleep(250);
    }
    const words = readFileSync(DAEMON_LOG, 'utf8').trim().split('\n').slice(-5).join('\n  ');
    throw new SetupError(`dockerd did not answer within 60 s.\n  ${words}`, `Read ${DAEMON_LOG}.`);
  });
}

async function hasCompose() {
  const result = await run('docker', ['compose', 'version', '--short']);
  const [major, minor] = result.stdout.trim().replace(/^v/, '').split('.').map(Number);
  return result.status === 0 && (major > 2 || (major === 2 && minor >= 20));
}

/**
 * Debian 12 has Compose v1 only. The package `docker-compose` of the next suite is one static program, so it is
 * taken out of its .deb and put where the CLI looks for plugins.
 */
async function installCompose() {
  requirePermission(
    'Docker Compose 2.20 or newer is missing',
    'Install the Compose plugin: docs.docker.com/compose/install',
  );
  await step('Installing Compose v2 (Debian package docker-compose, suite trixie)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lateen-compose-'));
    const mirror = debianMirror();
    mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
    const list = join(folder, 'trixie.list');
    await must('sh', [
      '-c',
      `echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} trixie main" > ${list}`,
    ]);
    const options = [
      '-o',
      `Dir::Etc::sourcelist=${list}`,
      '-o',
      'Dir::Etc::sourceparts=/dev/null',
      '-o',
      `Dir::State::lists=${join(folder, 'lists')}`,
    ];
    await must('apt-get', [...options, 'update', '-qq']);
    await must('apt-get', [...options, 'download', '-qq', 'docker-compose'], { cwd: folder });
    await must('sh', ['-c', 'dpkg-deb -x docker-compose_*.deb root'], { cwd: folder });
    const plugins = join(homedir(), '.docker', 'cli-plugins');
    mkdirSync(plugins, { recursive: true });
    await copyFile(
      join(folder, 'root/usr/libexec/docker/cli-plugins/docker-compose'),
      join(plugins, 'docker-compose'),
    );
    await rm(folder, { recursive: true });
    if (!(await hasCompose()))
      throw new SetupError('Compose was installed but does not answer.', `Look into ${plugins}.`);
  });
}

let isAptFresh = false;

export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!isAptFresh) await must('apt-get', ['update', '-qq'], { env });
  isAptFresh = true;
  say(`  apt-get install ${packages.join(' ')}`);
  await must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
}

/** The mirror that this machine's own apt uses. */
export function debianMirror() {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const match = /^(?:URIs:|deb)\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(readFileSync(file, 'utf8'));
    if (match) return match[1];
  }
  return 'http://deb.debian.org/debian';
}
