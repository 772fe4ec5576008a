import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const route = [{ destination: { host: 'a' } }];
const spec = (...matches: (object[] | null)[]) => ({
  hosts: ['a'],
  http: matches.map((match) => (match === null ? { route } : { match, route })),
});

const cases: FaultCase[] = [
  [
    'finds a rule behind one without match',
    spec(null, [{ uri: { prefix: '/a' } }]),
    /^Warning spec\.http\[1\]: rule #1 is never reached: rule #0/,
  ],
  [
    'finds a rule behind prefix /',
    spec([{ uri: { prefix: '/' } }], [{ uri: { exact: '/a' } }]),
    /^Warning spec\.http\[1\]: rule #1 is never reached/,
  ],
  ['lets a default stand last', spec([{ uri: { prefix: '/a' } }], null)],
  [
    'finds a prefix behind a shorter one',
    spec([{ uri: { prefix: '/a' } }], [{ uri: { prefix: '/a/b' } }]),
    /^Info spec\.http\[1\]\.match\[0\]: this match is not used: .*wider prefix \/a/,
  ],
  [
    'finds an exact path behind its prefix',
    spec([{ uri: { prefix: '/a' } }], [{ uri: { exact: '/ab' } }]),
    /^Info spec\.http\[1\]/,
  ],
  ['lets a longer prefix stand first', spec([{ uri: { prefix: '/a/b' } }], [{ uri: { prefix: '/a' } }])],
  [
    'finds the same match twice',
    spec([{ uri: { prefix: '/a' } }], [{ name: 'again', uri: { prefix: '/a' } }]),
    /^Info .*match\[0\]: this match is not used: it is in rule #0/,
    /^Warning spec\.http\[1\]: rule #1 is never reached: rules before it/,
  ],
  [
    'lets a rule stand of which one match is new',
    spec([{ uri: { prefix: '/a' } }], [{ uri: { prefix: '/a' } }, { uri: { prefix: '/b' } }]),
    /^Info spec\.http\[1\]\.match\[0\]/,
  ],
  [
    'lets a wider path stand that asks for a header',
    spec([{ uri: { prefix: '/a' }, headers: { x: { exact: '1' } } }], [{ uri: { prefix: '/a/b' } }]),
  ],
  [
    'finds a narrower match that asks for more',
    spec(
      [{ headers: { x: { exact: '1' } } }],
      [{ headers: { x: { exact: '1' }, y: { exact: '2' } }, uri: { prefix: '/' } }],
    ),
    /^Info spec\.http\[1\]/,
  ],
  [
    'lets other values of a header stand',
    spec([{ headers: { x: { exact: '1' } } }], [{ headers: { x: { exact: '2' } } }]),
  ],
  [
    'knows that case matters',
    spec([{ uri: { prefix: '/A' } }], [{ uri: { prefix: '/a/b' }, ignoreUriCase: true }]),
  ],
  [
    'knows where case does not matter',
    spec([{ uri: { prefix: '/A' }, ignoreUriCase: true }], [{ uri: { prefix: '/a/b' } }]),
    /^Info spec\.http\[1\]/,
  ],
  [
    'lets other methods, ports and gateways stand',
    spec(
      [{ uri: { prefix: '/a' }, method: { exact: 'GET' } }],
      [{ uri: { prefix: '/a/b' }, method: { exact: 'POST' } }],
      [{ uri: { prefix: '/a/b' }, port: 80 }],
    ),
  ],
  [
    'calls rules by their names',
    {
      hosts: ['a'],
      http: [
        { name: 'all', route },
        { name: 'rest', match: [{ uri: { prefix: '/' } }], route },
      ],
    },
    /rule "rest" is never reached: rule "all" before it/,
  ],
  [
    'finds TCP rules behind one for all',
    { hosts: ['a'], tcp: [{ route }, { match: [{ port: 1 }], route }] },
    /^Warning spec\.tcp\[1\]: rule #1 is never reached/,
  ],
];

describe('rules that are never reached', () => testFaults('VirtualService', cases));
