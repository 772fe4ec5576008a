import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliError } from './cli-error.ts';
import { addressOf } from './dashboard.ts';
import { openFakeDaemon } from './testing/fake-daemon.ts';
import { folderOf, runLateen } from './testing/run-lateen.ts';

const info = (env: string[] = [], HostIp = '127.0.0.1') => ({
  Config: { Env: env },
  NetworkSettings: {
    Ports: {
      '20001/tcp': [{ HostIp, HostPort: '32001' }],
      '16686/tcp': [{ HostIp, HostPort: '32002' }],
      '15014/tcp': null,
    },
  },
});

test('the console is where Docker has published it, with the token where one is asked for', () => {
  assert.deepEqual(addressOf('console', info()), { address: 'http://127.0.0.1:32001/', secret: '' });
  assert.equal(addressOf('console', info([], '0.0.0.0')).address, 'http://127.0.0.1:32001/');
  assert.equal(addressOf('console', info([], '::1')).address, 'http://[::1]:32001/');
  assert.equal(addressOf('console', info(['LATEEN_ADMIN_TOKEN=a b'])).secret, '#token=a%20b');
  assert.equal(
    addressOf('console', info(['LATEEN_ADMIN_TOKEN=a', 'LATEEN_WRITE_TOKEN=w'])).secret,
    '#token=w',
  );
  assert.equal(addressOf('kiali', info()).address, 'http://127.0.0.1:32001/');
});

test('the traces are at the query API of Jaeger, and no token gets into that address', () => {
  const { address, secret } = addressOf('jaeger', info(['LATEEN_WRITE_TOKEN=w']));
  assert.deepEqual([address, secret], ['http://127.0.0.1:32002/api/services', '']);
});

test('a page that is none, and a port that is not published, are told with a remedy', () => {
  const isCliError = (code: string) => (error: unknown) => error instanceof CliError && error.code === code;
  assert.throws(() => addressOf('constructor', info()), isCliError('LAT1007'));
  const bare = { Config: { Env: null }, NetworkSettings: {} };
  assert.throws(() => addressOf('console', bare), isCliError('LAT1025'));
});

test('--browser=false prints the address and opens nothing', async (context) => {
  const inspect = info(['LATEEN_WRITE_TOKEN=w']);
  const controller = {
    id: 'c',
    labels: { 'lateen.role': 'controller', 'com.docker.compose.project': 'shop' },
    inspect,
  };
  const env = { DOCKER_HOST: await openFakeDaemon(context, [controller]) };
  const { stdout, status } = await runLateen(
    folderOf(context, {}),
    ['dashboard', '--browser=false'],
    '',
    env,
  );
  assert.deepEqual([status, stdout], [0, 'http://127.0.0.1:32001/#token=w\n']);
});
