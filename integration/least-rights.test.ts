import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DaemonProxy } from './fixture/daemon-proxy.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { OWNED } from './fixture/owned.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

let daemon: DaemonProxy;
let mesh: Mesh;

before(async () => {
  daemon = await DaemonProxy.start();
  mesh = await startMesh({
    name: 'rights',
    services: CLIENT + SHOP + OWNED,
    env: { LATEEN_DOCKER_SOCKET: daemon.socketPath },
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await daemon?.[Symbol.asyncDispose]();
});

/** Containers of the mesh itself: controller, gateway, agents. */
async function ownContainers(role: string): Promise<string[]> {
  const filters = [`label=lateen.role=${role}`, `label=com.docker.compose.project=${mesh.project}`];
  return (await docker(['ps', '-q', ...filters.flatMap((filter) => ['--filter', filter])])).split('\n');
}

interface Inspected {
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
  };
}

/** `/proc/PID/status` of PID 1 and of all its children, as name → value. */
async function processes(container: string): Promise<Readonly<Record<string, string>>[]> {
  const script = 'for pid in 1 $(cat /proc/1/task/1/children); do cat /proc/$pid/status; echo; done';
  const text = await docker(['exec', '-u', '1337', container, 'sh', '-c', script]);
  return text
    .split('\n\n')
    .map((part) => Object.fromEntries(part.split('\n').map((line) => line.split(':\t') as [string, string])));
}

const NONE = '0'.repeat(16);

test('everything runs with a read-only root, without new privileges, and with few capabilities', async () => {
  const allowed: Record<string, string[]> = {
    controller: ['CHOWN', 'DAC_OVERRIDE'],
    gateway: [],
    agent: ['NET_ADMIN', 'SETGID', 'SETPCAP', 'SETUID'],
  };
  for (const [role, capabilities] of Object.entries(allowed)) {
    const containers = await ownContainers(role);
    for (const { HostConfig } of JSON.parse(await docker(['inspect', ...containers])) as Inspected[]) {
      assert.equal(HostConfig.ReadonlyRootfs, true, role);
      assert.deepEqual(HostConfig.CapDrop, ['ALL'], role);
      const added = (HostConfig.CapAdd ?? []).map((name) => name.replace(/^CAP_/, '')).sort();
      assert.deepEqual(added, capabilities, role);
      assert.match(String(HostConfig.SecurityOpt), /^no-new-privileges(:true)?$/, role);
    }
  }
});

test('once capture is loaded no process of an agent or gateway is root, or has a capability, or can get one', async () => {
  const proxies = [...(await ownContainers('agent')), ...(await ownContainers('gateway'))];
  assert.equal(proxies.length, 5);
  for (const proxy of proxies) {
    const all = await processes(proxy);
    assert.ok(all.some(({ Name }) => Name?.startsWith('node')));
    for (const { Name = '', Uid, Gid, CapPrm, CapEff, CapAmb, NoNewPrivs, CapBnd } of all) {
      assert.match(Uid ?? '', /^1337\t1337\t1337\t1337$/, Name);
      assert.match(Gid ?? '', /^1337\t1337\t1337\t1337$/, Name);
      assert.deepEqual([CapPrm, CapEff, CapAmb, NoNewPrivs, CapBnd], [NONE, NONE, NONE, '1', NONE], Name);
    }
  }
});

test('the controller has none but the rights to read what only its owner may, and to leave it to its owner', async () => {
  const [controller = ''] = await ownContainers('controller');
  const status = await docker(['exec', controller, 'cat', '/proc/1/status']);
  for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
    assert.match(status, new RegExp(`^${set}:\t0{15}3$`, 'm'), 'CHOWN, DAC_OVERRIDE');
});

test('nothing of an agent is on a disk: its key lies in memory, where only its own user may read', async () => {
  for (const agent of await ownContainers('agent')) {
    const script = 'stat -f -c %T /run/lateen; stat -c %a:%u /run/lateen/identity.json /run/lateen/session';
    const told = (await docker(['exec', '-u', '1337', agent, 'sh', '-c', script])).split('\n');
    assert.deepEqual(told, ['tmpfs', '600:1337', '600:1337']);
    assert.equal(await docker(['diff', agent]), '', 'the container’s own layer');
    const logs = await docker(['logs', agent]);
    assert.doesNotMatch(logs, /PRIVATE KEY/);
  }
});

test('of Docker the controller uses what docs/docker-api.md lists, and nothing else', () => {
  assert.deepEqual([...daemon.requests].sort(), [
    'GET /containers/ID/json',
    'GET /containers/ID/logs',
    'GET /containers/json',
    'GET /events',
    'GET /version',
    'POST /containers/ID/start',
    'POST /containers/create',
  ]);
});

test('with everything but reading refused it serves the proxies that came by themselves', async () => {
  daemon.isReadOnly = true;
  daemon.cut();
  await mesh.compose('up', '-d', '--no-build', '--force-recreate', '--no-deps', 'lateen-controller');
  await mesh.compose(
    'up',
    '-d',
    '--no-build',
    '--force-recreate',
    '--no-deps',
    'owned',
    'owned-app',
    'shop-v1',
  );
  await mesh.compose('up', '-d', '--no-build', '--force-recreate', '--no-deps', 'istio-ingressgateway');
  await eventually('the owned agent has what it needs', async () => {
    const { proxies } = await mesh.sync();
    const synced = proxies.filter(({ state }) => state === 'SYNCED').map(({ workload }) => workload);
    return synced.includes('owned') && synced.includes('istio-ingressgateway') ? true : undefined;
  });
  await mesh.write('way-in.yaml', WAY_IN);
  await eventually('the gateway routes to it', async () =>
    (await mesh.gateway('/').catch(() => null))?.ok ? true : undefined,
  );
  await eventually('it is said once', async () => {
    const told = (await mesh.logs('lateen-controller')).match(/Docker refuses changes/g) ?? [];
    return told.length === 1 ? true : undefined;
  });
});

const WAY_IN = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: way-in }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: owned }
spec: { hosts: ["*"], gateways: [way-in], http: [{ route: [{ destination: { host: owned } }] }] }
`;
