import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Docker from 'dockerode';
import { createSystemClock } from '../base/clock.ts';
import { errorMessage, LateenError } from '../base/errors.ts';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import { holdsApplication } from '../istio/proxy-config.ts';
import { CONTROL_SOCKET, RATE_LIMIT_SOCKET } from '../model/agent-container.ts';
import { LABEL } from '../model/labels.ts';
import { isLoopback } from '../model/loopback.ts';
import { spiffeId, TRUST_DOMAIN } from '../model/names.ts';
import type { Span } from '../model/span.ts';
import { createPages } from './admin/pages.ts';
import { Attacher } from './attach/attacher.ts';
import { GatewayNetworks } from './attach/gateway-networks.ts';
import { HeldApps } from './attach/held-apps.ts';
import { createNamespaceFinder } from './attach/podman-namespace.ts';
import { Certificates } from './ca/certificates.ts';
import { type AuthorityState, openAuthority } from './ca/open-authority.ts';
import { createConsoleApi } from './console/console-api.ts';
import { EventHub } from './console/event-hub.ts';
import { Controller } from './controller.ts';
import { createLog } from './create-log.ts';
import { createDockerReader } from './docker/docker-reader.ts';
import { createDockerWriter } from './docker/docker-writer.ts';
import { HistoryStore } from './history/history-store.ts';
import { readHostAddresses } from './host-addresses.ts';
import type { FileState, LastGood } from './last-good/last-good.ts';
import { StateFile } from './last-good/state-file.ts';
import { openPageServers } from './page-servers.ts';
import { Challenges } from './push/challenges.ts';
import { openControlServer } from './push/control-server.ts';
import { findRunning, isProxyOf } from './push/proxy-containers.ts';
import { PushHub } from './push/push-hub.ts';
import { createSessionState, type SessionState, Sessions } from './push/sessions.ts';
import { openRateLimitServer } from './rate-limit/rate-limit-server.ts';
import { RateLimitService } from './rate-limit/rate-limit-service.ts';
import { waitForSelf } from './self.ts';
import { readSettings } from './settings.ts';
import { openConfigDirectory } from './sources/directory/config-directory.ts';
import { openSecretsDirectory, type SecretsDirectory } from './sources/directory/secrets-directory.ts';
import { type DockerSource, openDockerSource } from './sources/docker/docker-source.ts';
import { fetchText } from './sources/fetch-text.ts';
import { KeySets } from './sources/key-sets.ts';
import { TestMesh } from './test-mesh/test-mesh.ts';
import { testProxies } from './test-mesh/test-proxies.ts';
import { TraceStore } from './traces/trace-store.ts';
import { partyOf } from './traffic/graph-nodes.ts';
import { TrafficStore } from './traffic/traffic-store.ts';
import { TrafficIntake } from './traffic-intake.ts';
import type { ContainerFacts } from './world/container-facts.ts';

const version = process.env.LATEEN_VERSION ?? 'dev';
const settings = readSettings(process.env, import.meta.dirname);
const log = createLog(settings.logLevel);

const daemon = new Docker();
const docker = createDockerReader(daemon);
const writer = createDockerWriter(daemon, () =>
  log.warn(
    'Docker refuses changes: no agent is attached, and no gateway joins a network, but those that are there are served',
    {
      remedy:
        'Start agents by Compose (docs/docker-api.md), or let the controller write to the Docker socket.',
    },
  ),
);
const self = await waitForSelf(docker, settings, log);
log.info('controller starts', { version, mesh: self.membership.meshId, config: settings.configDirectory });

const stateFile = <T>(name: string) => new StateFile<T>(join(settings.stateDirectory, name));
const lastGoodFile = stateFile<LastGood>('last-good.json');
const sessionFile = stateFile<SessionState>('sessions.json');
const heldFile = stateFile<readonly string[]>('held.json');
const keysFile = stateFile<Readonly<Record<string, string>>>('key-sets.json');
const complain = (what: string) => (error: unknown) =>
  log.error(`${what} cannot be written`, { error: errorMessage(error) });

const sessionState = await sessionFile.read(createSessionState());
await sessionFile.write(sessionState);
const sessions = new Sessions(sessionState);
const challenges = new Challenges({
  now: () => performance.now(),
  readErrors: (container) => docker.readErrors(container),
});

const certificates = new Certificates(
  await openAuthority({
    state: stateFile<AuthorityState>('ca.json'),
    directory: settings.authorityDirectory,
    trustDomain: TRUST_DOMAIN,
    wall: Date.now,
  }).catch((error: unknown) => {
    const remedy = error instanceof LateenError ? error.remedy : null;
    log.error('the certificate authority cannot be used', { error: errorMessage(error), remedy });
    process.exit(1);
  }),
);

let source: DockerSource | null = null;
let isDockerConnected = false;
const containers = (): ReadonlyMap<string, ContainerFacts> => source?.containers ?? new Map();
/** The app behind an agent, or the gateway itself. */
const ownerOf = (container: string) => containers().get(container)?.labels[LABEL.agentFor] ?? container;

const events = new EventHub();
const traffic = new TrafficStore(Date.now());
const trafficIntake = new TrafficIntake(traffic, events, Date.now);
setInterval(() => trafficIntake.tick(), 1000).unref();

const hub = new PushHub({
  wall: Date.now,
  bootId: randomBytes(4).toString('hex'),
  findWorkload: (index, container) => {
    const workload = index.workloadsById.get(ownerOf(container));
    return workload?.proxy === null ? undefined : workload;
  },
  onSettled: (workloadId, container) => {
    events.changed('status', 'workloads');
    attacher.onReady(workloadId, container);
  },
  onChange: () => testMesh?.onChange(),
});

const keySets = new KeySets(
  {
    clock: createSystemClock(),
    log,
    get: fetchText,
    onChange(sets) {
      void keysFile.write(Object.fromEntries(sets)).catch(complain('the keys of issuers'));
      controller.onKeySets();
    },
  },
  new Map(Object.entries(await keysFile.read({}))),
);

const limits = new RateLimitService(Date.now);
const limitServer = await openRateLimitServer(RATE_LIMIT_SOCKET, limits);
const gatewayNetworks = new GatewayNetworks(writer, log);
const controller = new Controller({
  membership: self.membership,
  selfId: self.id,
  log,
  lastGood: await lastGoodFile.read({}),
  saveLastGood: (inForce) => void lastGoodFile.write(inForce).catch(complain('the last good configuration')),
  onResources: (resources) => keySets.want(resources),
  jwks: () => keySets.sets,
  onWorld: (index) => {
    limits.configure(index.rateLimitConfigs);
    hub.update(index);
    gatewayNetworks.reconcile(index, containers());
    attacher.reconcile(containers());
    events.changed('status', 'services', 'workloads', 'config');
    testMesh?.onChange();
  },
});

const testMesh = settings.isTest
  ? new TestMesh({
      world: () => controller.world,
      isCurrent: () => controller.isCurrent,
      violations: () => controller.violationLog.violations,
      proxies: () => testProxies(controller.world, hub.statuses, containers()),
      isConnected: (container) => hub.isConnected(container),
      broadcast: (message) => hub.broadcast(message),
      onFiles: () => onFiles(),
    })
  : null;

const attacher = new Attacher({
  docker: writer,
  membership: self.membership,
  held: new HeldApps(await heldFile.read([]), (ids) =>
    heldFile.write(ids).catch(complain('the list of held containers')),
  ),
  image: self.image,
  controlVolume: self.controlVolume,
  session: self.session,
  logLevel: settings.logLevel,
  log,
  findNamespace: createNamespaceFinder(docker),
  mustHold: ({ labels }) => holdsApplication(labels, controller.world?.mesh.defaultConfig ?? {}),
});

const traces = new TraceStore(join(settings.stateDirectory, 'traces.db'));
const history = new HistoryStore(join(settings.stateDirectory, 'history.db'));
const keepSpans = (spans: readonly Span[]) => {
  try {
    traces.add(spans);
    events.changed('traces');
  } catch (error) {
    log.warn('spans were not kept', { error: errorMessage(error) });
  }
};

const controlServer = await openControlServer({
  socketPath: CONTROL_SOCKET,
  sessions,
  challenges,
  hub,
  log,
  certificates,
  identityOf: (container) => {
    const workload = controller.index?.workloadsById.get(ownerOf(container));
    if (workload === undefined || workload.proxy === null) return null;
    const { trustDomain } = controller.world?.mesh ?? DEFAULT_MESH_CONFIG;
    return spiffeId(workload.namespace, workload.serviceAccount, trustDomain);
  },
  onOpenPorts: (container, report) => {
    const app = containers().get(ownerOf(container));
    if (app !== undefined) controller.onOpenPorts(app, report);
  },
  onUnknownKey: () => keySets.refreshSoon(),
  onTraffic(container, report) {
    const workload = controller.index?.workloadsById.get(ownerOf(container));
    if (workload !== undefined) trafficIntake.add({ container, self: partyOf(workload) }, report);
  },
  onGone: (container) => trafficIntake.forget(container),
  onSpans: keepSpans,
  onObservations: (requests) => testMesh?.onObservations(requests),
  onFlushed: (container, flushed) => testMesh?.onFlushed(container, flushed),
  findContainer: (claim) => findRunning(containers().values(), claim),
  isProxy: (container) => {
    const facts = containers().get(container);
    return facts !== undefined && isProxyOf(self.membership, facts);
  },
});

const hosts = readHostAddresses();
const shown = {
  ...{ controller, hub, version, containers, certificates, traces, traffic },
  isDockerConnected: () => isDockerConnected,
};
const pageServers = await openPageServers({
  ...{ settings, log, hosts, events, traces, testMesh },
  debugPages: createPages({ ...shown, attached: attacher.counts }),
  consoleApi: createConsoleApi({
    ...{ ...shown, history, docker },
    configDirectory: settings.configDirectory,
    writeToken: settings.writeToken,
    meshId: self.membership.meshId,
    files: () => directory.files,
    wall: Date.now,
  }),
  spans: {
    keep: keepSpans,
    isWelcome: (address) => hosts.has(address) || isLoopback(address) || controller.hasProxyAt(address),
  },
});

source = openDockerSource({
  docker,
  clock: createSystemClock(),
  log,
  onChange: (all) => {
    certificates.keep(all);
    controller.onContainers(all);
  },
  onConnection: (isConnected) => {
    isDockerConnected = isConnected;
    events.changed('status');
  },
});
const onFiles = () => {
  // Both have been read once.
  if (secretsDirectory === null) return;
  const files = new Map([...directory.files, ...secretsDirectory.files]);
  controller.onFiles(testMesh?.over(files) ?? files);
};
let secretsDirectory: SecretsDirectory | null = null;
const onConfigFiles = (files: ReadonlyMap<string, FileState>) => {
  try {
    if (history.observe(files, Date.now())) events.changed('history');
  } catch (error) {
    log.warn('the history of the files was not kept', { error: errorMessage(error) });
  }
  onFiles();
};
const directory = await openConfigDirectory({
  ...{ path: settings.configDirectory, log, onChange: onConfigFiles },
  isTestMesh: settings.isTest,
});
secretsDirectory = await openSecretsDirectory({ path: settings.secretsDirectory, log, onChange: onFiles });
// An empty directory causes no change to be told of.
onConfigFiles(directory.files);
// Who started it waits for this line.
if (testMesh !== null) log.info('the test mesh is ready');

/** Traffic goes on without a controller: nothing but this process ends. */
async function stop(): Promise<void> {
  log.info('controller stops; the proxies go on with what they have');
  source?.close();
  await directory.close();
  await secretsDirectory?.close();
  limitServer.close();
  events.close();
  for (const server of [controlServer, ...pageServers]) {
    server.close();
    server.closeAllConnections();
  }
  process.exit(0);
}

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
