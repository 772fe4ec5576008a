import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GOLDEN_NAMES, goldenInput } from '../compose/inject/golden/inject-golden.ts';
import { docker } from './fixture/docker.ts';

/** Compose itself reads every golden pair of `lateen inject`: what it makes of the output must follow from the input. */

type Fields = Readonly<Record<string, unknown>>;
interface Config {
  readonly services: Readonly<Record<string, Fields>>;
  readonly [section: string]: Fields;
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GOLDEN = join(ROOT, 'compose', 'inject', 'golden');
/** What the agent has in the application's place. */
const MOVED = [
  ...[
    'ports',
    'expose',
    'hostname',
    'domainname',
    'mac_address',
    'dns',
    'dns_search',
    'dns_opt',
    'extra_hosts',
  ],
  'external_links',
];
/** What stands in both, and differs. */
const JUDGED = ['networks', 'network_mode', 'links', 'sysctls', 'depends_on', 'container_name'];
/** Bystanders whose ways to an injected service are rewritten. */
const REROUTED = [
  ...['links/old', 'joined-namespace/tcpdump', 'all-of-them/sidecar'],
  ...['included-services', 'included-and-changed'].flatMap((name) => [`${name}/probe`, `${name}/admin`]),
  'included-services/tool',
];
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lateen-injected-'));
  await cp(GOLDEN, folder, { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  await symlink(ROOT, join(folder, 'node_modules', 'lateen'));
  await mkdir(join(folder, 'mesh'));
  await mkdir(join(folder, 'api'));
  await writeFile(join(folder, 'api', 'Dockerfile'), 'FROM scratch\n');
});

after(() => rm(folder, { recursive: true, force: true }));

async function configOf(...files: string[]): Promise<Config> {
  const named = files.flatMap((file) => ['-f', join(folder, file)]);
  const args = ['--project-directory', folder, '-p', 'golden', '--profile', '*'];
  // The output of several files stands in the place of the first, where relative paths begin.
  return JSON.parse(
    await docker(['compose', ...args, ...named, 'config', '--format', 'json'], { TAG: '1' }),
  ) as Config;
}

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

function assertInjected(name: string, before: Fields, app: Fields, agent: Fields): void {
  assert.deepEqual(
    without(app, JUDGED),
    without(before, [...MOVED, ...JUDGED]),
    'the rest is the application’s',
  );
  for (const field of MOVED) assert.deepEqual(agent[field], before[field], field);
  assert.equal(app['network_mode'], `service:${name}-lateen`);
  assert.equal(app['container_name'], before['container_name'] ?? `golden-${name}-1`);
  const { [`${name}-lateen`]: own, ...others } = app['depends_on'] as Fields;
  assert.deepEqual(own, { condition: 'service_healthy', restart: true, required: true });
  assert.deepEqual(others, withoutLinks(before, others));
  if (before['network_mode'] !== undefined) assert.equal(agent['network_mode'], before['network_mode']);
  else assertNetworks(name, before['networks'] as Fields, agent['networks'] as Fields);
  const sysctls = { ...(app['sysctls'] as Fields), ...(agent['sysctls'] as Fields) };
  assert.deepEqual(sysctls, before['sysctls'] ?? {});
  for (const sysctl of Object.keys((app['sysctls'] as Fields | undefined) ?? {}))
    assert.doesNotMatch(sysctl, /^net\./);
}

/** Compose adds what is linked to what is depended on; with the links that is the agent's. */
function withoutLinks(before: Fields, others: Fields): Fields {
  const links = ((before['links'] as string[] | undefined) ?? []).map((link) => link.split(':')[0] ?? '');
  const all = (before['depends_on'] as Fields | undefined) ?? {};
  return Object.fromEntries(
    Object.entries(all).filter(([service]) => !links.includes(service) || others[service] !== undefined),
  );
}

function assertNetworks(name: string, before: Fields, after: Fields): void {
  assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
  for (const [network, value] of Object.entries(after)) {
    const { aliases, ...rest } = value as { aliases: string[] };
    const { aliases: known = [], ...others } = (before[network] as { aliases?: string[] } | null) ?? {};
    assert.deepEqual(rest, others, network);
    for (const alias of [name, ...known]) assert.ok(aliases.includes(alias), `${network}: ${alias}`);
  }
}

describe('Compose takes what lateen inject writes, and makes of it what it made of the original', {
  concurrency: 2,
}, () => {
  for (const golden of GOLDEN_NAMES) {
    test(golden, async () => {
      const [given, injected] = await Promise.all([
        configOf(...goldenInput(golden).map(({ name }) => name)),
        configOf(`${golden}.out.yaml`),
      ]);
      let count = 0;
      for (const [name, before] of Object.entries(given.services)) {
        const [app, agent] = [injected.services[name] ?? {}, injected.services[`${name}-lateen`]];
        if (agent !== undefined) {
          assertInjected(name, before, app, agent);
          count += 1;
        } else if (!REROUTED.includes(`${golden}/${name}`)) assert.deepEqual(app, before, name);
      }
      assert.ok(count > 0);
      for (const section of ['networks', 'configs', 'secrets'])
        assert.deepEqual(injected[section], given[section] ?? injected[section], section);
    });
  }
});
