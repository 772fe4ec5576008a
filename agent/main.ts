import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { createLineLogger, type LogLevel } from '../base/log.ts';
import { createSystemRandom } from '../base/random.ts';
import { AGENT_ENV, CACHE_DIRECTORY, CONTROL_SOCKET, RUN_DIRECTORY } from '../model/agent-container.ts';
import { PORT } from '../model/ports.ts';
import type { OpenPorts } from '../model/push.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { openAdminServers } from './admin/admin-servers.ts';
import { parseList } from './capture/capture-rules.ts';
import { type CaptureServers, openCaptureServers } from './capture/capture-server.ts';
import { type HealthWatch, watchHealth } from './capture/health-watch.ts';
import { loadCaptureRules } from './capture/load-rules.ts';
import { watchNamespace } from './capture/namespace-watch.ts';
import { type OpenPortsWatch, watchOpenPorts } from './capture/open-ports.ts';
import {
  createOriginalDestinationReader,
  type ReadOriginalDestination,
} from './capture/original-destination.ts';
import { readOwnContainer } from './capture/own-container.ts';
import { readNameservers, readSearchDomains } from './codec/dns/resolv-conf.ts';
import { createControlClient } from './control/control-client.ts';
import { createKeptFiles } from './control/kept-files.ts';
import { reportTraffic } from './control/report-traffic.ts';
import { createDataplane } from './create-dataplane.ts';
import { createResolver, type Resolver } from './dns/resolver.ts';
import { MeshIdentity } from './identity/identity.ts';

const RESOLV_CONF = '/etc/resolv.conf';
const env = process.env;
const isGateway = env[AGENT_ENV.mode] === 'gateway';
/** Its own container has the namespace, which lives as long: without a network for a moment it is not dead. */
const ownsNamespace = env[AGENT_ENV.container] === undefined;
const version = process.env.LATEEN_VERSION ?? 'dev';
const clock = createSystemClock();
const random = createSystemRandom();
const log = createLineLogger(
  (line) => process.stdout.write(line),
  clock.wall,
  (env[AGENT_ENV.logLevel] as LogLevel | undefined) ?? 'info',
);

process.on('uncaughtException', (error) => {
  log.error('the proxy crashed', { error: error.stack ?? error.message });
  process.exit(1);
});

const runDirectory = env[AGENT_ENV.runDirectory] ?? RUN_DIRECTORY;
const identity = new MeshIdentity();
const dataplane = createDataplane({
  ...{ clock, random, log, identity, version },
  cacheDirectory: env[AGENT_ENV.cacheDirectory] ?? CACHE_DIRECTORY,
  onUnknownKey: () => client.reportUnknownKey(),
  sendSpans: (spans) => client.sendSpans(spans),
  sendObservations: (requests) => client.sendObservations(requests),
});
let resolver: Resolver | null = null;
let drainMs = 5000;
/** null at a gateway, which captures nothing. */
let readOriginalDestination: ReadOriginalDestination | null = null;
let captureServers: CaptureServers | null = null;
let openPorts: OpenPortsWatch | null = null;
let health: HealthWatch | null = null;
let application: OpenPorts = { open: [] };
let isReady = false;
let isStopping = false;

/** First a snapshot, then the capture: nothing is captured that could not be served. */
async function apply(snapshot: Snapshot): Promise<void> {
  await dataplane.apply(snapshot);
  resolver?.update(snapshot.resources.name);
  drainMs = snapshot.resources.node.get('self')?.drainMs ?? drainMs;
  openPorts?.want(inboundPorts(snapshot));
  const node = snapshot.resources.node.get('self');
  health?.want(node?.healthCheck, node?.addresses[0] ?? '127.0.0.1');
  if (!isReady && !isStopping) await becomeReady().catch(giveUp);
}

function report(change: Partial<OpenPorts>): void {
  application = { ...application, ...change };
  client.reportOpenPorts(application);
}

function inboundPorts({ resources }: Snapshot): Set<number> {
  const inbound = [...resources.listener.values()].filter(({ direction }) => direction === 'inbound');
  return new Set(inbound.map(({ port }) => port).filter((port) => port > 0));
}

/**
 * The rules of a predecessor may still be loaded: so the ports open only now, and until then callers are refused, which
 * they know how to deal with, instead of accepted and dropped.
 */
async function becomeReady(): Promise<void> {
  if (readOriginalDestination !== null) {
    captureServers = await openCaptureServers({ dataplane, readOriginalDestination, log });
    await capture();
  }
  isReady = true;
  // Docker's health check looks for this file: cheaper than a program that asks a port.
  writeFileSync(join(runDirectory, 'ready'), '');
  log.info('ready', { afterMs: Math.round(performance.now()) });
}

function capture(): Promise<void> {
  const complain = (entry: string) => log.warn('ignored in a traffic.sidecar.istio.io label', { entry });
  const ports = (name: string) => parseList(env[name], 'ports', complain);
  const ranges = (name: string) => parseList(env[name], 'ranges', complain);
  const options = {
    nameservers: readNameservers(readFileSync(RESOLV_CONF, 'utf8')),
    excludeOutboundPorts: ports(AGENT_ENV.excludeOutboundPorts),
    includeOutboundPorts: ports(AGENT_ENV.includeOutboundPorts),
    excludeOutboundRanges: ranges(AGENT_ENV.excludeOutboundRanges),
    includeOutboundRanges: ranges(AGENT_ENV.includeOutboundRanges),
    excludeInboundPorts: ports(AGENT_ENV.excludeInboundPorts),
    includeInboundPorts: ports(AGENT_ENV.includeInboundPorts),
  };
  return loadCaptureRules(options, log);
}

const client = createControlClient({
  socketPath: env[AGENT_ENV.controlSocket] ?? CONTROL_SOCKET,
  container:
    env[AGENT_ENV.container] ??
    (readOwnContainer(readFileSync('/proc/self/mountinfo', 'utf8')) || hostname()),
  prove: (line) => void process.stderr.write(`${line}\n`),
  files: createKeptFiles(runDirectory),
  version,
  clock,
  random,
  log,
  identity,
  apply,
  flush: async () => ((await dataplane.observer.flush()) ? dataplane.observer.lost : null),
});

function giveUp(error: unknown): never {
  log.error('the agent cannot start', { error: errorMessage(error) });
  process.exit(1);
}

async function stop(reason: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  isReady = false;
  log.info('draining', { reason, upToMs: drainMs });
  captureServers?.closeInbound();
  await dataplane.drain(drainMs);
  client.close();
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));

try {
  if (!isGateway) {
    if (!ownsNamespace)
      watchNamespace({
        isOfUse: () => client.held.version !== '',
        onDead() {
          log.info('the namespace is gone: its container was restarted or removed');
          process.exit(0);
        },
      });
    readOriginalDestination = createOriginalDestinationReader();
    const resolvConf = readFileSync(RESOLV_CONF, 'utf8');
    resolver = await createResolver({
      nameservers: readNameservers(resolvConf),
      searchDomains: readSearchDomains(resolvConf),
      port: PORT.agentDns,
      hosts: ['127.0.0.1', '::1'],
      clock,
      random,
      log,
    });
  }
  await openAdminServers({
    ...{ clock, log },
    held: () => client.held,
    isReady: () => isReady,
    renderMetrics: (format) => dataplane.renderMetrics(format),
    quit: () => void stop('quitquitquit'),
  });
  if (!isGateway) {
    openPorts = watchOpenPorts(clock, (open) => report({ open }));
    health = watchHealth({ clock, onChange: (isFailing) => report({ isFailing }) });
  }
  reportTraffic(clock, client, dataplane);
  await client.start();
} catch (error) {
  giveUp(error);
}
