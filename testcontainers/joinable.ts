import { LABEL, type Labels } from '../model/labels.ts';
import { meshError } from './mesh-error.ts';

/** Any `GenericContainer` of testcontainers, or a class of its modules: told by what it can do, whatever its version. */
export interface JoinableContainer {
  withLabels(labels: Record<string, string>): unknown;
  withNetworkMode(networkMode: string): unknown;
  start(): Promise<{ getId(): string }>;
}

/** A `DockerComposeEnvironment`. */
export interface JoinableEnvironment {
  withProjectName(projectName: string): unknown;
  withEnvironment(environment: Record<string, string>): unknown;
  up(services?: string[]): Promise<unknown>;
}

export interface JoinOptions {
  /** Label `app`: the service's name, its identity and where its traffic is shown. */
  readonly app?: string;
  /** Label `version`, for subsets. */
  readonly version?: string;
  /** Label `lateen.ports`: `http:9080`, or several, with commas. */
  readonly ports?: string;
  /** Any others, such as `lateen.namespace`. */
  readonly labels?: Labels;
}

export const isEnvironment = (some: JoinableContainer | JoinableEnvironment): some is JoinableEnvironment =>
  'up' in some;

export function joinLabels(
  own: Labels,
  { app, version, ports, labels }: JoinOptions,
): Record<string, string> {
  return {
    ...own,
    ...(app !== undefined && { [LABEL.app]: app }),
    ...(version !== undefined && { [LABEL.version]: version }),
    ...(ports !== undefined && { [LABEL.ports]: ports }),
    ...labels,
  };
}

/** What its maker has said of its network, undefined = nothing: such a one gets the mesh's. */
export function networkModeOf(container: JoinableContainer): string | undefined {
  return (container as { readonly networkMode?: string }).networkMode;
}

/** A proxy lives in the network namespace of its container: it must be that container's own. */
export function refuseForeignNamespace(name: string, networkMode: string | undefined): void {
  if (networkMode !== 'host' && !networkMode?.startsWith('container:')) return;
  const whose = networkMode === 'host' ? 'the host' : 'another container';
  throw meshError(
    `${name} cannot join the mesh: it shares the network namespace of ${whose}`,
    'Take `.withNetworkMode(…)` away, or give it the network of the mesh: `.withNetwork(mesh.network)`.',
  );
}

interface Startable {
  getId(): string;
  stop?(): Promise<unknown>;
  restart?(options?: never): Promise<void>;
}

/** From now on a start of it, and a restart, ends only when `then` has; where that fails it does not run. */
export function afterStart<T extends JoinableContainer>(
  container: T,
  then: (id: string) => Promise<void>,
): void {
  const start = container.start.bind(container);
  container.start = async () => {
    const started: Startable = await start();
    const id = started.getId();
    await orElse(then(id), () => started.stop?.());
    const restart = started.restart?.bind(started);
    if (restart !== undefined)
      started.restart = async (options) => {
        await restart(options);
        await then(id);
      };
    return started;
  };
}

export function afterUp(environment: JoinableEnvironment, then: () => Promise<void>): void {
  const up = environment.up.bind(environment);
  environment.up = async (services) => {
    const started = (await up(services)) as { down?(): Promise<unknown> };
    await orElse(then(), () => started.down?.());
    return started;
  };
}

/** What was started is taken down again where the rest fails, with the first error told. */
async function orElse(rest: Promise<void>, takeDown: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await rest;
  } catch (error) {
    await takeDown()?.catch(() => {});
    throw error;
  }
}
