import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineLogger } from '../../base/log.ts';
import { loadCaptureRules } from './load-rules.ts';

const OPTIONS = {
  excludeOutboundPorts: [],
  includeOutboundPorts: [],
  excludeOutboundRanges: [],
  includeOutboundRanges: [],
  excludeInboundPorts: [],
  includeInboundPorts: [],
  nameservers: ['127.0.0.11'],
};

async function load(refuse: (rules: string) => boolean) {
  const said: string[] = [];
  const loaded: string[] = [];
  const log = createLineLogger(
    (line) => said.push(line),
    () => 0,
    'info',
  );
  await loadCaptureRules(OPTIONS, log, async (rules) => {
    if (refuse(rules)) throw new Error('nft: Operation not supported');
    loaded.push(rules);
  });
  return { said: said.join(''), loaded };
}

test('a kernel without zones gets all other rules, and a warning with the reason', async () => {
  const { said, loaded } = await load((rules) => rules.includes('zone set'));
  assert.equal(loaded.length, 1);
  assert.match(loaded[0] ?? '', /redirect to :15001/);
  assert.match(said, /Operation not supported.*CONFIG_NF_CONNTRACK_ZONES/);
});

test('nothing is said where all rules were loaded', async () => {
  const { said, loaded } = await load(() => false);
  assert.match(loaded[0] ?? '', /zone set/);
  assert.equal(said, '');
});

test('rules that cannot be loaded at all are an error', async () => {
  await assert.rejects(
    load(() => true),
    /Operation not supported/,
  );
});
