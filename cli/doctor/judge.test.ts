import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint } from '../terminal/colour.ts';
import { formatFindings } from './doctor-command.ts';
import { type EngineFacts, judgeMachine, type MachineFacts } from './judge.ts';

const ENGINE: EngineFacts = {
  ...{ version: '28.2.2', apiVersion: '1.50', operatingSystem: 'Debian GNU/Linux 13 (trixie)' },
  ...{ kernelVersion: '6.12.0', isRootless: false, isPodman: false },
  ...{ clockAheadMs: 20, memoryBytes: 8e9 },
};
const GOOD: MachineFacts = {
  ...{ nodeVersion: '22.1.0', engine: ENGINE, engineError: '', engineRemedy: '', composeVersion: '2.26.1' },
  ...{ ports: new Map([[8080, true]]), nft: '', freeBytes: 20e9, socket: '/var/run/docker.sock' },
};

const findingsOf = (facts: Partial<MachineFacts>, engine: Partial<EngineFacts> = {}) =>
  judgeMachine({ ...GOOD, engine: { ...ENGINE, ...engine }, ...facts }).filter(
    ({ verdict }) => verdict !== 'ok',
  );

test('a good machine has nothing to be told', () => {
  assert.deepEqual(findingsOf({}), []);
});

const CASES: readonly [string, Partial<MachineFacts>, Partial<EngineFacts>, string, RegExp][] = [
  ['an old Node', { nodeVersion: '18.20.0' }, {}, 'error node', /Node 20/],
  ['an old engine', {}, { apiVersion: '1.40' }, 'error engine API', /20\.10/],
  ['no Compose', { composeVersion: null }, {}, 'error compose', /2\.20/],
  ['an old Compose', { composeVersion: '2.3.3' }, {}, 'error compose', /2\.20/],
  ['an old kernel', {}, { kernelVersion: '4.19.0-27-amd64' }, 'error kernel', /5\.2/],
  ['no nf_tables', { nft: 'Error: Could not process rule' }, {}, 'error nft', /nft_redir/],
  ['nothing to try nft with', { nft: null }, {}, 'unknown nft', /lateen up/],
  ['a port that is taken', { ports: new Map([[8443, false]]) }, {}, 'warning port 8443', /LATEEN_HTTPS_PORT/],
  [
    'a rootless engine',
    { socket: '/run/user/1000/docker.sock' },
    { isRootless: true },
    'warning kind',
    /LATEEN_DOCKER_SOCKET=\/run\/user\/1000\/docker\.sock/,
  ],
  ['Podman', {}, { isPodman: true }, 'warning kind', /podman\.socket/],
  ['a clock that is behind', {}, { clockAheadMs: -90_000 }, 'error clock', /set the time/],
  ['a full disk', { freeBytes: 1e8 }, {}, 'warning disk', /prune/],
  ['little memory', {}, { memoryBytes: 5e8 }, 'warning memory', /give the engine more/],
];

for (const [title, facts, engine, expected, remedy] of CASES)
  test(`${title} is told with what to do`, () => {
    const [finding, ...others] = findingsOf(facts, engine);
    assert.deepEqual([`${finding?.verdict} ${finding?.check}`, others], [expected, []]);
    assert.match(finding?.remedy ?? '', remedy);
  });

test('without an engine nothing is said of it but why', () => {
  const facts = {
    ...GOOD,
    engine: null,
    engineError: 'it does not answer',
    engineRemedy: 'Start it.',
    freeBytes: null,
  };
  const text = formatFindings(judgeMachine(facts), createPaint(false));
  assert.match(text, /^error +engine +it does not answer$/m);
  assert.match(text, /^What to do:\n {2}engine: Start it\.$/m);
  assert.doesNotMatch(text, /kernel/);
});
