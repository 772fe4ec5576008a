import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';
import { read } from '../testing/read-text.ts';

const limit = { requests: 10, unit: 'MINUTE' };
const rule = (fields: object) => ({ rules: [{ limit, ...fields }] });

const cases: FaultCase[] = [
  ['takes five lines', rule({})],
  [
    'takes every key',
    rule({
      per: [
        'source.principal',
        'source.ip',
        'remote.ip',
        'request.headers[x-a]',
        'request.auth.claims[a][b]',
      ],
    }),
  ],
  ['takes rules as AuthorizationPolicy has them', rule({ to: [{ operation: { methods: ['GET'] } }] })],
  ['takes a service of its own', { mode: 'GLOBAL', provider: { service: 'a', port: 1 }, ...rule({}) }],
  ['needs rules', {}, /without rules nothing is limited/],
  ['needs a number and a unit', { rules: [{}] }, /needs requests and a unit/],
  [
    'lets something pass',
    rule({ limit: { ...limit, requests: 0, burst: 0 } }),
    /requests: nothing/,
    /burst: nothing/,
  ],
  ['refuses units that are none', rule({ limit: { requests: 1, unit: 'minute' } }), /unknown value "minute"/],
  [
    'refuses keys that are none',
    rule({ per: ['source.principle', 'request.headers'] }),
    /unknown key "source\.principle"/,
    /unknown key "request\.headers"/,
  ],
  [
    'refuses a burst that nobody counts',
    { mode: 'GLOBAL', ...rule({ limit: { ...limit, burst: 2 } }) },
    /burst belongs to mode LOCAL/,
  ],
  [
    'refuses a service that nobody asks',
    { provider: { failOpen: false }, ...rule({}) },
    /provider belongs to mode GLOBAL/,
  ],
  [
    'needs the port of a service',
    { mode: 'GLOBAL', provider: { service: 'a' }, ...rule({}) },
    /a service needs its port/,
  ],
  [
    'needs the service of a domain',
    { mode: 'GLOBAL', provider: { domain: 'a' }, ...rule({}) },
    /belong to a service of your own/,
  ],
  [
    'checks rules as AuthorizationPolicy does',
    rule({ from: [{ source: { ipBlocks: ['a'] } }] }),
    /no IP address/,
  ],
];

describe('RateLimit', () => testFaults('RateLimit', cases));

describe('a ConfigMap', () => {
  const mapOf = (text: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: limits }\ndata:\n  config.yaml: |\n${text.replace(/^/gm, '    ')}\n`;

  it('with limits is read', () => {
    const text = mapOf(
      'domain: a\ndescriptors:\n- key: k\n  rate_limit: { unit: MINUTE, requests_per_unit: 1 }\n  descriptors:\n  - { key: l, value: v, rate_limit: { unlimited: true } }',
    );
    const { resources, violations } = read(text);
    assert.deepEqual(violations, []);
    assert.equal(resources[0]?.kind, 'ConfigMap');
  });

  it('of anything else is none of ours', () => {
    const { resources, violations } = read(mapOf('a: b'));
    assert.deepEqual(resources, []);
    assert.match(violations[0]?.message ?? '', /unknown kind "ConfigMap": the document is ignored/);
    assert.deepEqual(read(mapOf('a: b')).invalid, [], 'nothing of it stays in force');
  });

  it('tells its faults by the line within the text', () => {
    const { violations } = read(
      mapOf(
        'domain: a\ndescriptors:\n- key: k\n  rate_limits: {}\n- { value: v, rate_limit: { requests_per_unit: 1 } }\n',
      ),
    );
    assert.deepEqual(
      violations.map(({ severity, path, message, remedy }) => [severity, path, message, remedy]),
      [
        [
          'Error',
          'data["config.yaml"]',
          'line 4 of config.yaml: unknown field "rate_limits" at descriptors[0] (descriptors[0].rate_limits)',
          'Did you mean "rate_limit"?',
        ],
      ],
    );
    const more = read(
      mapOf(
        'domain: ""\ndescriptors:\n- { key: k }\n- { key: k }\n- { value: v, rate_limit: { requests_per_unit: 1 } }\n- { key: u, rate_limit: { unit: day, unlimited: true } }\n',
      ),
    );
    assert.deepEqual(
      more.violations.map(({ message }) => message),
      [
        'config.yaml has no domain',
        'config.yaml: descriptors[1] is there twice: k',
        'config.yaml: descriptors[2] has no key',
        'config.yaml: descriptors[2].rate_limit has no unit',
        'config.yaml: descriptors[3].rate_limit has a unit, and is unlimited',
      ],
    );
  });
});
