import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Docker from 'dockerode';
import { awaitedServices, inStartOrder, sameContainer } from './same-container.ts';

const ID = 'abcdef012345'.padEnd(64, '0');

function container(more: {
  readonly Id?: string;
  readonly Config?: object;
  readonly HostConfig?: object;
  readonly Mounts?: readonly object[];
  readonly Networks?: object;
  readonly startedAt?: string;
}): Docker.ContainerInspectInfo {
  const id = more.Id ?? ID;
  return {
    Id: id,
    Name: '/shop-db-1',
    Image: 'sha256:1',
    State: { StartedAt: more.startedAt ?? '', Running: true },
    Config: { Hostname: id.slice(0, 12), Image: 'db', Labels: { a: 'b' }, ...more.Config },
    HostConfig: { NetworkMode: 'shop_default', ...more.HostConfig },
    Mounts: more.Mounts ?? [],
    NetworkSettings: { Networks: more.Networks ?? {} },
  } as unknown as Docker.ContainerInspectInfo;
}

test('a container is asked for as it was, but for what is of its own id', () => {
  const { options, networks } = sameContainer(
    container({
      Networks: {
        shop_default: { Aliases: ['db', ID.slice(0, 12)], IPAddress: '10.0.0.2' },
        shop_back: { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.9.0.9' } },
      },
    }),
    'db',
  );
  assert.deepEqual([options.name, options.Hostname, options.Labels], ['shop-db-1', undefined, { a: 'b' }]);
  assert.deepEqual(options.NetworkingConfig, { EndpointsConfig: { shop_default: { Aliases: ['db'] } } });
  assert.deepEqual(networks, [
    { name: 'shop_back', endpoint: { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.9.0.9' } } },
  ]);
  assert.equal(sameContainer(container({ Config: { Hostname: 'mine' } }), 'db').options.Hostname, 'mine');
});

test('volumes without a name are the same ones again, named ones and binds stay as they are written', () => {
  const volume = (Name: string, Destination: string, RW = true) => ({
    Type: 'volume',
    Name,
    Destination,
    RW,
  });
  const named = { Type: 'volume', Source: 'shop_kept', Target: '/kept' };
  const { options } = sameContainer(
    container({
      HostConfig: { Binds: ['shop_old:/old:rw'], Mounts: [{ Type: 'volume', Target: '/anon' }, named] },
      Mounts: [
        volume('shop_kept', '/kept'),
        volume('11', '/anon'),
        volume('22', '/image', false),
        volume('shop_old', '/old'),
      ],
    }),
    'db',
  );
  assert.deepEqual(options.HostConfig?.Mounts, [
    named,
    { Type: 'volume', Source: '11', Target: '/anon', ReadOnly: false },
    { Type: 'volume', Source: '22', Target: '/image', ReadOnly: true },
  ]);
});

test('in the namespace of another it has no host name and no ports of its own', () => {
  const HostConfig = { NetworkMode: 'container:1234' };
  const { options, networks } = sameContainer(
    container({ HostConfig, Config: { ExposedPorts: { '80/tcp': {} }, Domainname: '' } }),
    'db',
  );
  assert.deepEqual([options.Hostname, options.ExposedPorts, networks], [undefined, undefined, []]);
});

test('who joins a namespace comes after its owner, others as they were started', () => {
  const of = (letter: string, startedAt: string, HostConfig = {}) =>
    container({ Id: letter.repeat(64), startedAt, HostConfig });
  const all = [of('c', '3'), of('a', '1', { PidMode: `container:${'b'.repeat(64)}` }), of('b', '2')];
  assert.deepEqual(
    inStartOrder(all).map(({ Id }) => Id[0]),
    ['b', 'a', 'c'],
  );
});

test('services that others wait for are read from Compose’s labels', () => {
  const labels = { 'com.docker.compose.depends_on': 'db:service_healthy:true,cache:service_started:false' };
  assert.deepEqual([...awaitedServices([container({ Config: { Labels: labels } })])], ['db']);
});
