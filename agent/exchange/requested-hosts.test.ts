import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouteSpec } from '../../model/route.ts';
import { clusterSpec, routeSpec } from '../snapshot.fixture.ts';
import { type MemoryRequest, sendRequest } from './memory-codec.ts';
import { openProxy } from './pipeline.fixture.ts';

/** Clusters without hosts of their own: the request names its host (ServiceEntry resolution DYNAMIC_DNS). */

function open(routes: readonly RouteSpec[] = [routeSpec(['wild'])]) {
  const known = new Map<string, string | null>();
  const asked: { name: string; onDone: () => void }[] = [];
  const doubted: string[] = [];
  const proxy = openProxy(routes, {
    handler: (upstream) =>
      upstream.head.path === '/broken'
        ? upstream.fail({ kind: 'connect-failure', reason: 'refused' })
        : upstream.respond(200),
    clusters: [[clusterSpec('wild', { discovery: { kind: 'requested-name', port: 80 } }), []]],
    requestedNames: {
      find: (name) => known.get(name),
      lookUp: (name, onDone) => asked.push({ name, onDone }),
      doubt: (address) => doubted.push(address),
    },
  });
  const answer = (address: string | null) => {
    const { name, onDone } = asked.shift() ?? assert.fail('nothing was asked for');
    known.set(name, address);
    onDone();
  };
  const send = (request: MemoryRequest) => sendRequest(proxy.pipeline, request);
  const hosts = () => proxy.records.map(({ upstream }) => upstream);
  return { ...proxy, asked, doubted, answer, send, hosts };
}

describe('a request to a wildcard that is looked up', () => {
  test('waits for the address of its Host, and the next one does not', () => {
    const { send, asked, answer, hosts } = open();
    const first = send({ authority: 'A.wild.example:8080' });
    assert.deepEqual([asked[0]?.name, first.downstream.response], ['a.wild.example', null]);
    answer('10.0.0.7');
    assert.equal(first.downstream.response?.status, 200);
    assert.equal(send({ authority: 'a.wild.example' }).downstream.response?.status, 200);
    assert.deepEqual(hosts(), ['10.0.0.7:8080', '10.0.0.7:80']);
  });

  test('of each name goes to its own', () => {
    const { send, answer, hosts } = open();
    send({ authority: 'a.wild.example' });
    answer('10.0.0.7');
    send({ authority: 'b.wild.example' });
    answer('10.0.0.8');
    assert.deepEqual(hosts(), ['10.0.0.7:80', '10.0.0.8:80']);
  });

  test('gets 503 DF where the name has no address', () => {
    const { send, answer, records } = open();
    const { downstream } = send({ authority: 'absent.wild.example' });
    answer(null);
    const { response } = downstream;
    assert.deepEqual([response?.status, response?.body], [503, 'DNS resolution failure']);
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['DF', 'dns_resolution_failure']);
  });

  test('goes where a rule says that it goes', () => {
    const action = {
      ...routeSpec(['wild']).action,
      rewrite: { path: null, authority: 'other.wild.example' },
    };
    const { send, asked, answer, hosts } = open([routeSpec(['wild'], { action } as Partial<RouteSpec>)]);
    send({ authority: 'a.wild.example' });
    assert.equal(asked[0]?.name, 'other.wild.example');
    answer('10.0.0.9');
    assert.deepEqual(hosts(), ['10.0.0.9:80']);
  });

  test('that fails leads to doubt of the address', () => {
    const { send, answer, doubted, clock } = open();
    const { downstream } = send({ authority: 'a.wild.example', path: '/broken' });
    answer('10.0.0.7');
    // It is tried again first.
    clock.advance(10_000);
    assert.equal(downstream.response?.status, 503);
    assert.deepEqual([...new Set(doubted)], ['10.0.0.7']);
  });

  test('whose caller leaves meanwhile goes nowhere', () => {
    const { send, answer, seen } = open();
    send({ authority: 'a.wild.example' }).exchange.onDownstreamClosed();
    answer('10.0.0.7');
    assert.equal(seen.length, 0);
  });

  test('by an address is not looked up', () => {
    const { send, asked, hosts } = open();
    send({ authority: '[fd00::1]:81' });
    assert.deepEqual([asked.length, hosts()], [0, ['[fd00::1]:81']]);
  });
});
