import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '../../model/labels.ts';
import { CliError } from '../cli-error.ts';
import { findActor, type RegisteredWorkload, type Registry } from './actor.ts';

function workload(
  name: string,
  labels: Labels = {},
  change: Partial<RegisteredWorkload> = {},
): RegisteredWorkload {
  return {
    ...{ id: `${name}-id`, name: `shop-${name}-1`, workload: name, namespace: 'default', labels },
    ...{
      serviceAccount: labels['app'] ?? name,
      addresses: [{ network: 'net' }],
      proxy: 'sidecar',
      ...change,
    },
  };
}

const REGISTRY: Registry = {
  workloads: [
    workload('reviews-v1', { app: 'reviews', version: 'v1' }),
    workload('reviews-v2', { app: 'reviews', version: 'v2' }, { serviceAccount: 'other' }),
    workload('ratings', {}, { addresses: [{ network: 'net' }, { network: 'back' }] }),
    workload('database', {}, { proxy: null }),
    workload('onhost', {}, { addresses: [] }),
    workload('visitor', { app: 'guest', 'lateen.acts-as': 'ratings' }),
  ],
  services: [
    {
      ...{ hostname: 'reviews.default.svc.cluster.local', name: 'reviews', namespace: 'default' },
      members: ['reviews-v1-id', 'reviews-v2-id'],
    },
  ],
};

function refusal(asked: string): { message: string; remedy: string } {
  try {
    findActor(REGISTRY, asked);
  } catch (error) {
    assert.ok(error instanceof CliError);
    return { message: error.message, remedy: error.remedy };
  }
  throw new Error('it was found');
}

test('a visitor acts as a workload, with its account, labels and networks', () => {
  for (const asked of ['ratings', 'ratings.default', 'shop-ratings-1']) {
    const actor = findActor(REGISTRY, asked);
    assert.deepEqual([actor.serviceAccount, actor.namespace], ['ratings', 'default']);
    assert.deepEqual(actor.networks, ['net', 'back']);
  }
  assert.deepEqual(findActor(REGISTRY, 'reviews-v2').labels, { app: 'reviews', version: 'v2' });
});

test('a service whose containers have several identities is no one', () => {
  assert.deepEqual(refusal('reviews'), {
    message: 'the containers of reviews have several identities: ns/default/sa/reviews, ns/default/sa/other',
    remedy: 'Name one of them: reviews-v1.default, reviews-v2.default.',
  });
});

test('what is not there, has no agent or no network is told with its remedy', () => {
  assert.deepEqual(refusal('rating'), {
    message: 'no container of rating runs in the mesh',
    remedy: 'Did you mean "ratings"?',
  });
  assert.match(refusal('database').message, /^database has no agent, and so no identity$/);
  assert.match(refusal('onhost').remedy, /network_mode: host/);
});

test('nobody acts as a visitor', () => {
  assert.match(refusal('visitor').message, /^no container of visitor runs/);
});
