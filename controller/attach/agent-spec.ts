import type { ContainerCreateOptions } from 'dockerode';
import { AGENT_ENV, CONTROL_DIRECTORY, RUN_DIRECTORY } from '../../model/agent-container.ts';
import { CAPTURE_LABELS } from '../../model/capture-labels.ts';
import { LABEL } from '../../model/labels.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

/** On an agent: `StartedAt` of the app's container that it was made for. A restart makes a new namespace. */

export interface AgentSpecInput {
  readonly app: ContainerFacts;
  readonly image: string;
  readonly meshId: string;
  /** Named volume that holds the control socket. */
  readonly controlVolume: string;
  /** Test session of the mesh, '' = none. */
  readonly session: string;
  readonly logLevel: string;
  /** null = joined by the app's id, as Docker has it. */
  readonly namespace: NamespacePlace | null;
  /** Makes the name unique: the agent of an earlier start may still be ending. */
  readonly suffix: string;
}

/** Where an engine keeps the network namespace of a container, and the list of its name servers. */
export interface NamespacePlace {
  readonly path: string;
  readonly resolvConf: string;
}

/**
 * The container of an agent: in the app's network namespace, with no right but to load its rules and to become its own
 * user. Removed by Docker when it ends.
 */
export function createAgentSpec({
  app,
  image,
  meshId,
  controlVolume,
  session,
  logLevel,
  namespace,
  suffix,
}: AgentSpecInput): ContainerCreateOptions {
  const name = `${app.name}-lateen-${suffix}`;
  return {
    name,
    Image: image,
    Cmd: ['agent'],
    Env: Object.entries(environment(app, name, logLevel)).map(([key, value]) => `${key}=${value}`),
    Labels: labels(app, meshId, session),
    HostConfig: {
      NetworkMode: namespace === null ? `container:${app.id}` : `ns:${namespace.path}`,
      AutoRemove: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // NET_ADMIN for the capture rules; the others for becoming uid 1337 with an empty bounding set. All are gone then.
      CapAdd: ['NET_ADMIN', 'SETUID', 'SETGID', 'SETPCAP'],
      SecurityOpt: ['no-new-privileges'],
      Tmpfs: { [RUN_DIRECTORY]: 'mode=1777' },
      Binds: [
        `${controlVolume}:${CONTROL_DIRECTORY}:ro`,
        ...(namespace === null ? [] : [`${namespace.resolvConf}:/etc/resolv.conf:ro`]),
      ],
    },
  };
}

function environment(
  { labels: appLabels }: ContainerFacts,
  container: string,
  logLevel: string,
): Record<string, string> {
  const env: Record<string, string> = {
    [AGENT_ENV.mode]: 'sidecar',
    [AGENT_ENV.logLevel]: logLevel,
    [AGENT_ENV.container]: container,
  };
  for (const [label, name] of CAPTURE_LABELS) {
    const value = appLabels[label];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/**
 * Compose's project and service, so that tools group the agent with its application. Not its config hash, or every `up`
 * would warn of an orphan; and not its one-off mark, or `up` would take an agent that is just ending for a container of
 * the service, and fail at starting it again. The mesh's test session, whoever started the app: what is left of a session
 * must not hold its volume and network.
 */
function labels(app: ContainerFacts, meshId: string, session: string): Record<string, string> {
  const own: Record<string, string> = {
    [LABEL.role]: 'agent',
    [LABEL.agentFor]: app.id,
    [LABEL.mesh]: meshId,
    [LABEL.appStarted]: app.startedAt,
    ...(session !== '' && { [LABEL.testSession]: session }),
  };
  for (const label of [LABEL.composeProject, LABEL.composeService]) {
    const value = app.labels[label];
    if (value !== undefined) own[label] = value;
  }
  return own;
}
