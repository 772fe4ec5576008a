import { LABEL, type Labels } from '../model/labels.ts';

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

/** Whether the container was given a network by its maker: then it stays there alone. */
export function hasNetwork(container: JoinableContainer): boolean {
  return (container as { readonly networkMode?: unknown }).networkMode !== undefined;
}

/** From now on a start of it ends only when `then` has. */
export function afterStart<T extends JoinableContainer>(
  container: T,
  then: (id: string) => Promise<void>,
): void {
  const start = container.start.bind(container);
  container.start = async () => {
    const started = await start();
    await then(started.getId());
    return started;
  };
}

export function afterUp(environment: JoinableEnvironment, then: () => Promise<void>): void {
  const up = environment.up.bind(environment);
  environment.up = async (services) => {
    const started = await up(services);
    await then();
    return started;
  };
}
