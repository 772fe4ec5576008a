import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerFacts } from '../testing/container-facts.ts';
import { findRunning, isProxyOf } from './proxy-containers.ts';

const ID = '5f450e18b9b168de8f4dd06e03adf836a4b764cb5f62678a87baf6651128b60b';
const proxy = { ...containerFacts('gate', 1, { 'lateen.role': 'gateway' }), id: ID };

test('a proxy is found by its name and by its id, and not by a few digits of it', () => {
  for (const claim of ['gate', ID, ID.slice(0, 12)]) assert.equal(findRunning([proxy], claim), ID, claim);
  for (const claim of ['', 'gat', ID.slice(0, 4), ID.slice(1)])
    assert.equal(findRunning([proxy], claim), null);
  assert.equal(findRunning([{ ...proxy, state: 'created' }], ID), null);
});

test('only a running proxy of the own mesh may speak, and none with a terminal', () => {
  const shop = { meshId: 'shop', project: 'shop' };
  assert.equal(isProxyOf(shop, proxy), true);
  assert.equal(isProxyOf({ meshId: 'other', project: 'other' }, proxy), false);
  assert.equal(isProxyOf(shop, { ...proxy, state: 'stopped' }), false);
  assert.equal(isProxyOf(shop, { ...proxy, hasTerminal: true }), false);
  assert.equal(isProxyOf(shop, containerFacts('app', 2)), false);
  assert.equal(isProxyOf(shop, containerFacts('boss', 2, { 'lateen.role': 'controller' })), false);
});
