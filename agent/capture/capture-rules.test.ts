import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaptureOptions, captureRules, parseList } from './capture-rules.ts';

const NONE: CaptureOptions = {
  excludeOutboundPorts: [],
  includeOutboundPorts: [],
  excludeOutboundRanges: [],
  includeOutboundRanges: [],
  excludeInboundPorts: [],
  includeInboundPorts: [],
  nameservers: ['10.0.0.2'],
  hasZones: true,
};

const lines = (options: Partial<CaptureOptions> = {}) =>
  captureRules({ ...NONE, ...options })
    .split('\n')
    .map((line) => line.trim());

test('loading twice changes nothing: the table is replaced in one transaction', () => {
  assert.deepEqual(lines().slice(0, 3), [
    'add table inet lateen',
    'delete table inet lateen',
    'table inet lateen {',
  ]);
});

test("the hooks come before Docker's own at -100", () => {
  assert.equal(lines().filter((line) => line.includes('priority -150')).length, 2);
});

test('connections that are under way are left alone, in both directions', () => {
  const all = lines();
  for (const chain of ['chain output {', 'chain prerouting {'])
    assert.equal(all[all.indexOf(chain) + 2], 'tcp flags & (fin | syn | rst | ack) != syn return');
});

test("the agent's own traffic returns before anything is redirected", () => {
  const all = lines();
  assert.ok(all.indexOf('meta skuid 1337 return') < all.indexOf('udp dport 53 redirect to :15053'));
  assert.ok(all.indexOf('tcp dport 53 redirect to :15053') < all.indexOf('ip daddr 127.0.0.0/8 return'));
  assert.equal(all.at(all.indexOf('chain prerouting {') - 2), 'meta l4proto tcp redirect to :15001');
});

test("questions that Docker's own name server asks outside do not come back to the agent", () => {
  const all = lines({ nameservers: ['127.0.0.11'] });
  assert.deepEqual(
    all.filter((line) => line.includes('dport 53') && !line.includes('zone set')),
    [
      'ip daddr 127.0.0.0/8 udp dport 53 redirect to :15053',
      'ip daddr 127.0.0.0/8 tcp dport 53 redirect to :15053',
      'tcp dport 53 return',
    ],
  );
});

test("the agent's questions to name servers are remembered apart from the application's, where the kernel can", () => {
  const zone = 'meta skuid 1337 udp dport 53 ct original zone set 1';
  assert.equal(lines().includes(zone), true);
  const without = lines({ hasZones: false });
  assert.equal(without.includes(zone), false);
  assert.deepEqual(
    without,
    lines().filter((_, at, all) => at < all.indexOf('chain zones {') || at > all.indexOf(zone) + 1),
  );
});

test('excluded ports and ranges are let go before the redirect', () => {
  const all = lines({
    excludeOutboundPorts: ['25', '587'],
    excludeOutboundRanges: ['10.0.0.0/8', 'fd00::/8'],
  });
  const redirect = all.indexOf('meta l4proto tcp redirect to :15001');
  for (const rule of [
    'tcp dport { 25, 587 } return',
    'ip daddr 10.0.0.0/8 return',
    'ip6 daddr fd00::/8 return',
  ]) {
    assert.ok(all.indexOf(rule) > 0 && all.indexOf(rule) < redirect, rule);
  }
});

test('included ranges are all that is captured', () => {
  const all = lines({ includeOutboundRanges: ['172.20.0.0/16'] });
  assert.ok(all.includes('ip daddr 172.20.0.0/16 meta l4proto tcp redirect to :15001'));
  assert.ok(!all.includes('meta l4proto tcp redirect to :15001'));
});

test("the agent's own ports and excluded ones are reached directly", () => {
  assert.ok(
    lines({ excludeInboundPorts: ['7070'] }).includes('tcp dport { 15020, 15021, 15090, 7070 } return'),
  );
});

test('included inbound ports are all that is captured', () => {
  const all = lines({ includeInboundPorts: ['8080'] });
  assert.ok(all.includes('tcp dport { 8080 } redirect to :15006'));
  assert.ok(!all.includes('meta l4proto tcp redirect to :15006'));
});

test('what is no port or range is left out and told', () => {
  const told: string[] = [];
  assert.deepEqual(
    parseList('80, x,99999,*,443', 'ports', (entry) => told.push(entry)),
    ['80', '*', '443'],
  );
  assert.deepEqual(
    parseList('10.0.0.0/8,; flush ruleset', 'ranges', (entry) => told.push(entry)),
    ['10.0.0.0/8'],
  );
  assert.deepEqual(told, ['x', '99999', '; flush ruleset']);
});
