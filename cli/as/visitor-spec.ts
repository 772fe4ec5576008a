import type { ContainerCreateOptions } from 'dockerode';
import { LABEL, type Labels } from '../../model/labels.ts';
import type { Actor } from './actor.ts';

const NOBODY = '65534:65534';

/**
 * The container that has the identity: it owns the namespace that the controller attaches an agent to, and does nothing
 * but wait for the end of its standard input. That is held open by this program alone, so it ends with it, however that
 * ends, and Docker removes it; and its agent ends with its namespace.
 */
export function createVisitorSpec(
  actor: Actor,
  meshId: string,
  image: string,
  name: string,
): ContainerCreateOptions {
  return {
    name,
    Image: image,
    Entrypoint: ['cat'],
    Cmd: [],
    User: NOBODY,
    Labels: {
      ...ownLabels(actor.labels),
      [LABEL.mesh]: meshId,
      [LABEL.inject]: 'true',
      [LABEL.actsAs]: actor.name,
      [LABEL.namespace]: actor.namespace,
      [LABEL.serviceAccount]: actor.serviceAccount,
    },
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      NetworkMode: actor.networks[0] ?? '',
      AutoRemove: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
    },
  };
}

/**
 * What the application's own labels say (`app`, `version`: policies select and match by them, and what it captures). Not
 * Compose's, which would make it a container of the service; not the mesh's, which would make it callable; not those by
 * which Gateways select proxies.
 */
function ownLabels(labels: Labels): Labels {
  const isLeftOut = (name: string) =>
    name === 'istio' || name.startsWith('com.docker.') || name.startsWith('lateen.');
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !isLeftOut(name)));
}

export interface CommandSpecInput {
  /** Id of the visitor, whose namespace the command runs in. */
  readonly visitor: string;
  readonly name: string;
  readonly meshId: string;
  readonly actor: Actor;
  readonly image: string;
  /** The image is the mesh's own: the command needs no right at all. */
  readonly isOwnImage: boolean;
  readonly command: readonly string[];
  /** Something is piped in. */
  readonly hasInput: boolean;
}

/**
 * The container of the command, in the visitor's namespace. This program removes it, as it wants its exit status; where
 * this program was killed the controller does, once the visitor is gone.
 */
export function createCommandSpec(input: CommandSpecInput): ContainerCreateOptions {
  return {
    name: input.name,
    Image: input.image,
    // Whatever the image itself would start, what is written is what runs.
    Entrypoint: [...input.command],
    Cmd: [],
    ...(input.isOwnImage ? { User: NOBODY } : {}),
    Labels: { [LABEL.mesh]: input.meshId, [LABEL.actsAs]: input.actor.name },
    AttachStdin: input.hasInput,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: input.hasInput,
    StdinOnce: input.hasInput,
    HostConfig: {
      NetworkMode: `container:${input.visitor}`,
      SecurityOpt: ['no-new-privileges'],
      ...(input.isOwnImage ? { CapDrop: ['ALL'] } : {}),
    },
  };
}
