import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import { clusterSpec, endpointSpec, nodeSpec, routeSpec } from '../snapshot.fixture.ts';
import { MemoryDownstream, sendRequest } from './memory-codec.ts';
import { openProxy } from './pipeline.fixture.ts';

function allowing(attribute: 'remote.ip' | 'source.ip', ...values: string[]): AuthorizationSpec {
  return {
    ...{ name: 'default/p', action: 'ALLOW', isDryRun: false, provider: null },
    rules: [{ to: [], when: [], from: [[{ attribute, key: [], values, notValues: [] }]] }],
  };
}

const PROXY = '10.0.0.1';
const CLIENT = '203.0.113.7';

/** Whether the caller behind these lines of x-forwarded-for is taken for the client that may pass. */
function passes(
  direction: 'gateway' | 'inbound',
  numTrustedProxies: number,
  lines: readonly string[],
  policy = allowing('remote.ip', CLIENT),
): boolean {
  const { pipeline } = openProxy([routeSpec(['north'])], {
    ...{ direction, node: nodeSpec({ numTrustedProxies }), policies: { authorization: [policy] } },
  });
  const headers = lines.flatMap((line) => ['X-Forwarded-For', line]);
  const peer = { ...new MemoryDownstream().peer, remoteAddress: PROXY };
  return sendRequest(pipeline, { headers }, peer).downstream.response?.status === 200;
}

describe('remoteIpBlocks at a gateway', () => {
  const cases: readonly (readonly [string, number, string[], boolean])[] = [
    ['believe nobody without trusted proxies', 0, [CLIENT], false],
    ['believe the one trusted proxy', 1, [CLIENT], true],
    ['take what that proxy added, not what its caller claimed', 1, [`${CLIENT}, 198.51.100.1`], false],
    ['take what it added on a line of its own', 1, [CLIENT, '198.51.100.1'], false],
    ['and the other way round', 1, ['198.51.100.1', CLIENT], true],
    ['count two hops from the end', 2, [`${CLIENT}, 198.51.100.1`], true],
    ['count two hops over lines', 2, [`1.1.1.1, ${CLIENT}`, '198.51.100.1'], true],
    ['fall back to the peer where the list is too short', 3, [CLIENT], false],
    ['take no nonsense for an address', 1, ['localhost'], false],
  ];
  for (const [title, hops, lines, expected] of cases) {
    test(title, () => assert.equal(passes('gateway', hops, lines), expected));
  }

  test('fall back to the peer’s own address', () => {
    for (const lines of [[], ['nonsense'], ['']])
      assert.equal(passes('gateway', 1, lines, allowing('remote.ip', PROXY)), true, lines.join());
  });
});

describe('at a sidecar', () => {
  test('remoteIpBlocks mean the last entry, which the proxy before it has written', () => {
    assert.equal(passes('inbound', 0, [`1.1.1.1, ${CLIENT}`]), true);
    assert.equal(passes('inbound', 0, [`${CLIENT}, 1.1.1.1`]), false);
  });

  test('ipBlocks mean the peer, whatever it says', () => {
    assert.equal(passes('inbound', 0, [CLIENT], allowing('source.ip', CLIENT)), false);
    assert.equal(passes('gateway', 1, [CLIENT], allowing('source.ip', PROXY)), true);
  });
});

describe('the log’s client', () => {
  const logged = (direction: 'gateway' | 'inbound', numTrustedProxies: number, ...lines: string[]) => {
    const { pipeline, records } = openProxy([routeSpec(['north'])], {
      ...{ direction, node: nodeSpec({ numTrustedProxies }) },
    });
    const headers = lines.flatMap((line) => ['X-Forwarded-For', line]);
    sendRequest(pipeline, { headers }, { ...new MemoryDownstream().peer, remoteAddress: PROXY });
    return [records[0]?.clientAddress, records[0]?.remoteAddress];
  };
  const peer = `${PROXY}:40000`;

  test('is the one behind the gateway, without a port; the peer is the proxy before', () => {
    assert.deepEqual(logged('inbound', 0, `1.1.1.1, ${CLIENT}`), [`${CLIENT}:0`, peer]);
    assert.deepEqual(logged('gateway', 1, CLIENT), [`${CLIENT}:0`, peer]);
  });

  test('is the peer where nobody else is vouched for', () => {
    for (const lines of [[], ['nonsense'], ['unknown, ']])
      assert.deepEqual(logged('inbound', 0, ...lines), [undefined, peer], lines.join());
    assert.deepEqual(logged('gateway', 0, CLIENT), [undefined, peer]);
  });
});

test('useSourceIp keeps a client at one host, not the proxy that it comes through', () => {
  const loadBalancer = { ...clusterSpec('').loadBalancer, policy: 'ring-hash' as const, tableSize: 1024 };
  const endpoints = Array.from({ length: 8 }, (_, index) => endpointSpec(index + 1));
  const hash = [{ kind: 'source-ip', name: '', cookie: null }] as const;
  const { pipeline, records } = openProxy([routeSpec(['north'], {}, { hash })], {
    ...{ direction: 'inbound', clusters: [[clusterSpec('north', { loadBalancer }), endpoints]] },
  });
  const hostFor = (client: string) => {
    sendRequest(pipeline, { headers: ['x-forwarded-for', client] });
    return records.at(-1)?.upstream;
  };
  assert.equal(hostFor(CLIENT), hostFor(CLIENT));
  assert.ok(new Set(Array.from({ length: 20 }, (_, i) => hostFor(`203.0.113.${i}`))).size > 2);
});
