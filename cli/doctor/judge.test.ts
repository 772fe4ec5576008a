import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint } from '../terminal/colour.ts';
import { formatFindings } from './doctor-command.ts';
import type { EngineFacts, MachineFacts } from './facts.ts';
import { judgeMachine } from './judge.ts';

const ENGINE: EngineFacts = {
  ...{ version: '28.2.2', apiVersion: '1.50', operatingSystem: 'Debian GNU/Linux 13 (trixie)' },
  ...{ kernelVersion: '6.12.0', isRootless: false, isPodman: false },
  ...{
    isHere: true,
    isRemote: false,
    runtime: 'runc',
    securityOptions: ['name=apparmor'],
    cgroupVersion: '2',
  },
  ...{ proxy: '', clockAheadMs: 20, memoryBytes: 8e9, hasUsualPools: true },
  networks: [{ name: 'shop_default', range: '172.18.0.0/16' }],
};
const GOOD: MachineFacts = {
  ...{
    nodeVersion: '22.1.0',
    engine: ENGINE,
    engineError: '',
    engineRemedy: '',
    compose: { version: '2.26.1', remedy: '' },
  },
  ...{ ports: new Map([[8080, true]]), freeBytes: 20e9, socket: '/var/run/docker.sock' },
  ...{ nft: { didStart: true, said: '' }, inotify: { instances: 128, watches: 8192 }, askedApi: '' },
  ...{ routes: [{ name: 'eth0', range: '10.0.0.0/24' }], containerProxy: null },
};

const findingsOf = (facts: Partial<MachineFacts>, engine: Partial<EngineFacts> = {}) =>
  judgeMachine({ ...GOOD, engine: { ...ENGINE, ...engine }, ...facts }).filter(
    ({ verdict }) => verdict !== 'ok',
  );

test('a good machine has nothing to be told', () => {
  assert.deepEqual(findingsOf({}), []);
});

const trial = (said: string, didStart = true) => ({ nft: { didStart, said } });

const CASES: readonly [string, Partial<MachineFacts>, Partial<EngineFacts>, string, RegExp][] = [
  ['an old Node', { nodeVersion: '18.20.0' }, {}, 'error node', /Node 20/],
  ['an old engine', {}, { apiVersion: '1.40' }, 'error engine API', /20\.10/],
  [
    'no Compose',
    { compose: { version: 'is not there', remedy: 'Install 2.20.' } },
    {},
    'error compose',
    /2\.20/,
  ],
  ['an old kernel', {}, { kernelVersion: '4.19.0-27-amd64' }, 'error kernel', /5\.2/],
  ['a version that the engine is asked for in vain', { askedApi: '1.51' }, {}, 'error engine API', /Unset/],
  [
    'no nf_tables',
    trial('Error: Could not process rule: No such file or directory'),
    {},
    'error nft',
    /nft_redir/,
  ],
  ['no right to change rules', trial('netlink: Operation not permitted'), {}, 'error nft', /AppArmor/],
  [
    'an image without nft',
    trial('exec: "nft": executable file not found in $PATH', false),
    {},
    'error nft',
    /LATEEN_IMAGE/,
  ],
  ['no container at all', trial('OCI runtime error', false), {}, 'error nft', /cannot start a container/],
  ['nothing to try nft with', { nft: null }, {}, 'unknown nft', /lateen up/],
  ['a port that is taken', { ports: new Map([[8443, false]]) }, {}, 'warning port 8443', /LATEEN_HTTPS_PORT/],
  [
    'a rootless engine',
    { socket: '/run/user/1000/docker.sock' },
    { isRootless: true },
    'warning kind',
    /LATEEN_DOCKER_SOCKET=\/run\/user\/1000\/docker\.sock/,
  ],
  ['Podman', {}, { isPodman: true, runtime: 'crun' }, 'warning kind', /docs\/engines\.md/],
  ['an engine elsewhere', {}, { isRemote: true, isHere: false }, 'warning kind', /LATEEN_CONFIG_DIR/],
  ['SELinux', {}, { securityOptions: ['name=selinux'] }, 'warning SELinux', /chcon/],
  [
    'a VPN with addresses of a network',
    { routes: [{ name: 'tun0', range: '172.18.4.0/24' }] },
    {},
    'warning networks',
    /default-address-pools/,
  ],
  [
    'networks without end',
    {},
    { networks: Array.from({ length: 30 }, (_, at) => ({ name: `n${at}`, range: `172.${at}.0.0/16` })) },
    'warning networks',
    /docker network prune/,
  ],
  ['low limits of inotify', { inotify: { instances: 8, watches: 8192 } }, {}, 'warning inotify', /sysctl/],
  [
    'a proxy that containers are told of',
    { containerProxy: { address: 'http://proxy:3128', except: '' } },
    {},
    'warning proxy',
    /noProxy/,
  ],
  ['a clock that is behind', {}, { clockAheadMs: -90_000 }, 'error clock', /set the time/],
  ['little disk', { freeBytes: 5e8 }, {}, 'warning disk', /prune/],
  ['a full disk', { freeBytes: 1e8 }, {}, 'error disk', /prune/],
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

test('Podman with another runtime than crun, or before version 4, cannot run a mesh', () => {
  const told = findingsOf({}, { isPodman: true, version: '3.4.4', runtime: 'runc' });
  assert.deepEqual(
    told.map(({ verdict, check }) => `${verdict} ${check}`),
    ['warning kind', 'error podman', 'error runtime'],
  );
});

test('a virtual machine’s engine, WSL 2 and a proxy of the engine are told without complaint', () => {
  const foundOf = (engine: Partial<EngineFacts>, wanted: string) =>
    judgeMachine({ ...GOOD, engine: { ...ENGINE, ...engine } }).find(({ check }) => check === wanted)?.found;
  assert.match(foundOf({ operatingSystem: 'Docker Desktop' }, 'kind') ?? '', /published ports/);
  assert.match(foundOf({ kernelVersion: '5.15.90.1-microsoft-standard-WSL2' }, 'kind') ?? '', /under \/mnt/);
  assert.match(foundOf({ proxy: 'http://proxy:3128' }, 'engine’s proxy') ?? '', /pulled through/);
});
