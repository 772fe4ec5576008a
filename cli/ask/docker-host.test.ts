import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderOf } from '../testing/run-lateen.ts';
import { dockerHost, mountableSocket, socketPath } from './docker-host.ts';

test('the daemon is the one that `docker` itself would ask', (context) => {
  const digest = createHash('sha256').update('colima').digest('hex');
  const home = folderOf(context, {
    '.docker/config.json': JSON.stringify({ currentContext: 'colima' }),
    [`.docker/contexts/meta/${digest}/meta.json`]: JSON.stringify({
      Endpoints: { docker: { Host: 'unix:///home/me/.colima/docker.sock' } },
    }),
  });
  assert.equal(dockerHost({}, home), 'unix:///home/me/.colima/docker.sock');
  assert.equal(dockerHost({ DOCKER_HOST: 'tcp://10.0.0.1:2376' }, home), 'tcp://10.0.0.1:2376');
  assert.equal(dockerHost({ DOCKER_CONTEXT: 'default' }, home), undefined);
  assert.equal(dockerHost({}, join(home, 'nobody')), undefined);
  assert.throws(() => dockerHost({ DOCKER_CONTEXT: 'nonesuch' }, home), /context nonesuch is not known/);
});

test('only a Unix socket has a path', () => {
  assert.equal(socketPath(undefined), '/var/run/docker.sock');
  assert.equal(socketPath('unix:///run/user/1000/docker.sock'), '/run/user/1000/docker.sock');
  assert.equal(socketPath('ssh://me@there'), null);
});

test('a socket of this machine is given to containers, that of a virtual machine’s engine is not', () => {
  const socket = 'unix:///run/user/1000/podman/podman.sock';
  assert.equal(mountableSocket(socket, 'laptop', 'laptop'), '/run/user/1000/podman/podman.sock');
  assert.equal(mountableSocket(socket, 'docker-desktop', 'laptop'), null);
});
