import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import { AGENT_UID } from '../../model/ports.ts';
import { askController } from '../ask/ask-controller.ts';
import type { FoundController } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import type { SyncPage } from '../proxy/proxy-status.ts';
import { whileWaiting } from '../terminal/progress.ts';
import { type Actor, findActor, type Registry } from './actor.ts';
import { createCommandSpec, createVisitorSpec } from './visitor-spec.ts';

export interface RunAsOptions {
  readonly docker: Docker;
  readonly controller: FoundController;
  readonly service: string;
  readonly command: readonly string[];
  /** Where the command is to be found; null = the mesh's own image, which has curl. */
  readonly image: string | null;
  /** null = a terminal: nothing is piped in. */
  readonly input: NodeJS.ReadableStream | null;
  readonly output: NodeJS.WritableStream;
  readonly errors: NodeJS.WritableStream;
  /** The user wants it to end. */
  readonly signal: AbortSignal;
}

const READY_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const NOT_FOUND = 127;
const INTERRUPTED = 130;

/**
 * Runs a command with the identity of a service, and gives its exit status. A visitor, a container of its own, gets an
 * agent with that identity; once the agent is ready the command starts in the visitor's namespace.
 * @throws CliError with the remedy
 */
export async function runAs(options: RunAsOptions): Promise<number> {
  const { docker, controller, service, signal } = options;
  const actor = findActor(await askController<Registry>(docker, controller, '/debug/registryz'), service);
  const { Image: ownImage } = await docker.getContainer(controller.id).inspect();
  const image = options.image ?? ownImage;
  if (options.image !== null) await requireImage(docker, options.image);
  const name = `${controller.project || 'lateen'}-as-${actor.name}-${randomBytes(3).toString('hex')}`;
  const { visitor, lifeline } = await startVisitor(docker, controller, actor, ownImage, name);
  let command: Docker.Container | null = null;
  try {
    await whileWaiting('Waiting for an agent', () => untilReady(docker, controller, name, signal));
    if (signal.aborted) return INTERRUPTED;
    const hasInput = options.input !== null;
    const isOwnImage = options.image === null;
    const spec = { visitor: visitor.id, name: `${name}-command`, meshId: controller.meshId, actor };
    command = await docker.createContainer(
      createCommandSpec({ ...spec, image, isOwnImage, hasInput, command: options.command }),
    );
    return await runToEnd(command, options);
  } finally {
    await command?.remove({ force: true }).catch(() => {});
    await visitor.remove({ force: true }).catch(() => {});
    // The daemon leaves it open, though nothing is at its other end any more.
    lifeline.destroy();
  }
}

async function startVisitor(
  docker: Docker,
  controller: FoundController,
  actor: Actor,
  image: string,
  name: string,
): Promise<{ visitor: Docker.Container; lifeline: Duplex }> {
  const visitor = await docker.createContainer(createVisitorSpec(actor, controller.meshId, image, name));
  try {
    for (const network of actor.networks.slice(1))
      await docker.getNetwork(network).connect({ Container: visitor.id });
    // Attached before its start: it lives as long as this connection.
    const lifeline = await visitor.attach({ stream: true, stdin: true, hijack: true });
    await visitor.start();
    return { visitor, lifeline: lifeline as Duplex };
  } catch (error) {
    await visitor.remove({ force: true }).catch(() => {});
    throw error;
  }
}

/** Nothing runs before calls are captured: one that went around the agent would have no identity. */
async function untilReady(
  docker: Docker,
  controller: FoundController,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for (const endsAt = Date.now() + READY_MS; !signal.aborted; await sleep(LOOK_AGAIN_MS)) {
    const { proxies } = await askController<SyncPage>(docker, controller, '/debug/syncz');
    if (proxies.some(({ workload, state }) => workload === name && state === 'SYNCED')) return;
    if (Date.now() > endsAt)
      throw new CliError(
        'LAT1013',
        `no agent with that identity got ready within ${READY_MS / 1000} s`,
        `Look into the controller's log: docker logs ${controller.name}.`,
      );
  }
}

async function runToEnd(command: Docker.Container, options: RunAsOptions): Promise<number> {
  const { input, output, errors, signal } = options;
  const hasInput = input !== null;
  const stream = await command.attach({
    stream: true,
    stdin: hasInput,
    stdout: true,
    stderr: true,
    hijack: true,
  });
  command.modem.demuxStream(stream, output, errors);
  const isOver = new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
  const end = () => void command.kill().catch(() => {});
  signal.addEventListener('abort', end);
  try {
    await command.start();
    input?.pipe(stream);
    const { StatusCode: status } = (await command.wait()) as { StatusCode: number };
    await isOver;
    return signal.aborted ? INTERRUPTED : status;
  } catch (error) {
    throw explain(error, options);
  } finally {
    signal.removeEventListener('abort', end);
    input?.unpipe(stream);
  }
}

/** Docker says of a program that is not there only that the container could not start. */
function explain(error: unknown, { command, image }: RunAsOptions): unknown {
  if (!/executable file not found|no such file or directory/i.test(errorMessage(error))) return error;
  const [program = ''] = command;
  return new CliError(
    'LAT1012',
    `${program} is not in ${image === null ? "the mesh's own image" : `the image ${image}`}`,
    `Name an image that has it: --image IMAGE -- ${command.join(' ')}.`,
    NOT_FOUND,
  );
}

async function requireImage(docker: Docker, image: string): Promise<void> {
  const found = await docker
    .getImage(image)
    .inspect()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
      throw new CliError(
        'LAT1011',
        `the image ${image} is not here`,
        `Run \`docker pull ${image}\`, or name another.`,
      );
    });
  if (Number.parseInt(found.Config?.User ?? '', 10) === AGENT_UID)
    throw new CliError(
      'LAT1011',
      `the image ${image} runs as user ${AGENT_UID}, whose calls go around the agent`,
      'Name an image that runs as another user.',
    );
}
