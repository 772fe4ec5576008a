import { GenericContainer, type StartedNetwork, Wait, type WaitStrategy } from 'testcontainers';
import { CONTROL_DIRECTORY } from '../model/agent-container.ts';
import { LABEL, type Labels } from '../model/labels.ts';
import { PORT } from '../model/ports.ts';
import { logText } from './mesh-parts.ts';

const CONFIG_DIRECTORIES = ['/etc/lateen/mesh', '/etc/lateen/secrets', '/etc/lateen/cacerts'];
/** Told when everything can be asked. */
const READY_LINE = /the test mesh is ready/;
const DEFAULT_GATEWAY_PORTS = [8080, 8443];
/** It takes a second; on a machine that is busy with all test files at once it may take many. */
const STARTS_WITHIN_MS = 60_000;

export interface GatewayOptions {
  /** Ports that Gateways may have; each is published on a free one. Default 8080 and 8443. */
  readonly ports?: readonly number[];
  /** Instead of `app: istio-ingressgateway, istio: ingressgateway`. */
  readonly labels?: Labels;
}

/** What controller and gateway of one mesh share. */
export interface ContainerSetting {
  readonly image: string;
  readonly meshId: string;
  readonly volume: string;
  readonly network: StartedNetwork;
  /** Told what a container has said, where it does not become ready. */
  onFailed(log: string): void;
}

export interface ControllerOptions {
  readonly config: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Docker's socket, where containers have it. */
  readonly socket: string;
  readonly token: string;
}

export function controllerContainer(
  { image, meshId, volume, network, onFailed }: ContainerSetting,
  { config, environment, socket, token }: ControllerOptions,
): GenericContainer {
  const container = new GenericContainer(image)
    .withCommand(['controller'])
    .withLabels({ [LABEL.role]: 'controller', [LABEL.mesh]: meshId })
    .withEnvironment({
      LATEEN_MESH: meshId,
      LATEEN_TEST_MESH: '1',
      LATEEN_ADMIN_TOKEN: token,
      ...environment,
    })
    .withBindMounts([
      { source: socket, target: '/var/run/docker.sock', mode: 'rw' },
      { source: volume, target: CONTROL_DIRECTORY, mode: 'rw' },
    ])
    .withTmpFs({ '/run/lateen-admin': 'mode=0700', '/var/lib/lateen': 'mode=0700' })
    .withDroppedCapabilities('ALL')
    // Files of the folder that only their owner may read.
    .withAddedCapabilities('DAC_OVERRIDE')
    .withNetwork(network)
    .withExposedPorts(PORT.testMesh, PORT.console)
    .withWaitStrategy(forLine(READY_LINE, onFailed));
  if (config !== null)
    container.withCopyDirectoriesToContainer(
      CONFIG_DIRECTORIES.map((target) => ({ source: config, target })),
    );
  return container;
}

export function gatewayContainer(
  { image, meshId, volume, network, onFailed }: ContainerSetting,
  { ports = DEFAULT_GATEWAY_PORTS, labels }: GatewayOptions,
): GenericContainer {
  return new GenericContainer(image)
    .withCommand(['gateway'])
    .withLabels({
      [LABEL.role]: 'gateway',
      [LABEL.mesh]: meshId,
      [LABEL.namespace]: 'istio-system',
      ...(labels ?? { app: 'istio-ingressgateway', istio: 'ingressgateway' }),
    })
    .withBindMounts([{ source: volume, target: CONTROL_DIRECTORY, mode: 'ro' }])
    .withTmpFs({ '/run/lateen': 'mode=0700,uid=1337,gid=1337' })
    .withUser('1337:1337')
    .withDroppedCapabilities('ALL')
    .withNetwork(network)
    .withExposedPorts(...ports)
    .withWaitStrategy(forLine(/ ready /, onFailed));
}

/** testcontainers removes a container that does not become ready, and its log with it. */
function forLine(line: RegExp, onFailed: (log: string) => void): WaitStrategy {
  const strategy = Wait.forLogMessage(line).withStartupTimeout(STARTS_WITHIN_MS);
  const wait = strategy.waitUntilReady.bind(strategy);
  strategy.waitUntilReady = async (container, ...rest) => {
    try {
      await wait(container, ...rest);
    } catch (error) {
      onFailed(await logText(container).catch(() => ''));
      throw error;
    }
  };
  return strategy;
}
