import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { LABEL } from '../../model/labels.ts';
import { type DockerWriter, isForbidden } from '../docker/docker-writer.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import {
  isInjected,
  isMember,
  isOneOff,
  isVisitor,
  type Membership,
  ownsNamespace,
  roleOf,
} from '../world/membership.ts';
import { createAgentSpec, type NamespacePlace } from './agent-spec.ts';
import type { HeldApps } from './held-apps.ts';

export interface AttacherDeps {
  readonly docker: DockerWriter;
  readonly membership: Membership;
  readonly held: HeldApps;
  readonly image: string;
  readonly controlVolume: string;
  readonly session: string;
  readonly logLevel: string;
  readonly log: Logger;
  /** Where the engine keeps the namespace of a container, if an agent has to join it by that. */
  findNamespace(app: ContainerFacts): Promise<NamespacePlace | null>;
  /** holdApplicationUntilProxyStarts, for this container. */
  mustHold(app: ContainerFacts): boolean;
}

const RETRY_MS = { first: 500, most: 15_000 };
const LET_GO_AGAIN_MS = 1000;
/** An agent shows up in Docker's list a moment later, or much later if the daemon is busy. */
const LISTED = { lookAgainMs: 2000, looks: 8 };

const isUp = (state: ContainerFacts['state']) => state === 'running' || state === 'paused';

/**
 * Gives every meshed container that runs an agent of its own. Looks at what is there each time, so that it finds the
 * agents that a predecessor made, and makes a fresh one after each start of an app.
 */
export class Attacher {
  readonly #deps: AttacherDeps;
  readonly #busy = new Set<string>();
  readonly #retries = new Map<string, number>();
  /** Agents that were started and have not been listed yet. */
  readonly #unlisted = new Set<string>();
  /** Application → its start that was held. */
  readonly #lastHold = new Map<string, string>();
  #containers: ReadonlyMap<string, ContainerFacts> = new Map();
  readonly counts = { attached: 0, failed: 0 };

  constructor(deps: AttacherDeps) {
    this.#deps = deps;
  }

  reconcile(containers: ReadonlyMap<string, ContainerFacts>): void {
    this.#containers = containers;
    this.#forgetHeld(containers);
    for (const id of containers.keys()) this.#unlisted.delete(id);
    for (const facts of containers.values()) {
      if (!isMember(this.#deps.membership, facts)) continue;
      if (roleOf(facts) === 'agent' && !ownsNamespace(facts)) this.#endIfStale(facts, containers);
      if (isVisitor(facts)) this.#endIfLeft(facts, containers);
      if (this.#wantsAgent(facts)) void this.#attach(facts);
    }
  }

  /** The agent of this app has everything: the app may run, if it was held. That of an earlier start says nothing. */
  onReady(appId: string, agentId: string): void {
    const madeFor = this.#containers.get(agentId)?.labels[LABEL.appStarted];
    if (madeFor !== this.#containers.get(appId)?.startedAt) return;
    if (this.#deps.held.has(appId)) void this.#letGo(appId);
  }

  #wantsAgent(facts: ContainerFacts): boolean {
    const hasOwnNamespace = !facts.networkMode.startsWith('container:') && facts.networkMode !== 'host';
    return (
      isUp(facts.state) &&
      roleOf(facts) === null &&
      isInjected(facts) &&
      !isOneOff(facts) &&
      hasOwnNamespace &&
      !facts.isDraining
    );
  }

  #agentsOf(app: ContainerFacts): ContainerFacts[] {
    return [...this.#containers.values()].filter(
      ({ labels }) => labels[LABEL.role] === 'agent' && labels[LABEL.agentFor] === app.id,
    );
  }

  async #attach(app: ContainerFacts): Promise<void> {
    const key = `${app.id} ${app.startedAt}`;
    const agents = this.#agentsOf(app).filter(({ labels }) => labels[LABEL.appStarted] === app.startedAt);
    // A paused one goes on when it is let go: a second one could not have its ports.
    const hasAgent = agents.some(({ state, isDraining }) => isUp(state) && !isDraining);
    if (hasAgent || this.#busy.has(key)) return;
    this.#busy.add(key);
    try {
      if (this.#deps.mustHold(app) && app.state === 'running') await this.#hold(app);
      const agent = await this.#createAgent(app);
      this.#retries.delete(key);
      this.counts.attached += 1;
      this.#unlisted.add(agent);
      this.#awaitListed(key, agent, LISTED.looks);
    } catch (error) {
      await this.#onFailure(app, key, error);
    }
  }

  /** Until it is listed it must not be made twice; what is not listed for long has ended before. */
  #awaitListed(key: string, agent: string, looks: number): void {
    const look = () => {
      if (this.#unlisted.has(agent) && looks > 1) return this.#awaitListed(key, agent, looks - 1);
      this.#unlisted.delete(agent);
      this.#again(key);
    };
    setTimeout(look, LISTED.lookAgainMs).unref();
  }

  #again(key: string): void {
    this.#busy.delete(key);
    this.reconcile(this.#containers);
  }

  async #onFailure(app: ContainerFacts, key: string, error: unknown): Promise<void> {
    if (this.#deps.held.has(app.id)) await this.#letGo(app.id);
    const delayMs = Math.min(RETRY_MS.most, (this.#retries.get(key) ?? RETRY_MS.first / 2) * 2);
    this.#retries.set(key, delayMs);
    const current = this.#containers.get(app.id);
    // An app that ended in the meantime needs no agent, and is no failure.
    if (current === undefined || current.state === 'stopped' || current.startedAt !== app.startedAt) {
      this.#busy.delete(key);
      return;
    }
    this.counts.failed += 1;
    const fields = { container: app.name, error: errorMessage(error), retryInMs: delayMs };
    // Told for all of them already.
    if (!isForbidden(error))
      this.#deps.log.error('no agent could be attached; the container runs without the mesh', fields);
    setTimeout(() => this.#again(key), delayMs).unref();
  }

  /** Gives the agent's id. */
  async #createAgent(app: ContainerFacts): Promise<string> {
    const { docker, log } = this.#deps;
    const id = await docker.createContainer(
      createAgentSpec({
        app,
        image: this.#deps.image,
        meshId: this.#deps.membership.meshId,
        controlVolume: this.#deps.controlVolume,
        session: this.#deps.session,
        logLevel: this.#deps.logLevel,
        namespace: await this.#deps.findNamespace(app),
        suffix: Date.now().toString(36),
      }),
    );
    try {
      await docker.startContainer(id);
    } catch (error) {
      await docker.removeContainer(id).catch(() => {});
      throw error;
    }
    log.info('agent attached', { container: app.name });
    return id;
  }

  /** An agent whose app is gone or was started again ends by itself; one that does not is removed. */
  #endIfStale(agent: ContainerFacts, containers: ReadonlyMap<string, ContainerFacts>): void {
    const app = containers.get(agent.labels[LABEL.agentFor] ?? '');
    const isCurrent =
      app !== undefined && app.startedAt === agent.labels[LABEL.appStarted] && app.state !== 'stopped';
    if (isCurrent || agent.isDraining || this.#busy.has(agent.id)) return;
    this.#busy.add(agent.id);
    setTimeout(() => {
      this.#busy.delete(agent.id);
      if (!this.#containers.has(agent.id)) return;
      void this.#deps.docker.removeContainer(agent.id).catch(() => {});
    }, 3000).unref();
  }

  /** The command of a visitor (`lateen x as`) whose program was killed: its namespace is gone, and nobody ends it. */
  #endIfLeft(command: ContainerFacts, containers: ReadonlyMap<string, ContainerFacts>): void {
    const [kind, visitor = ''] = command.networkMode.split(':');
    const isLeft = kind === 'container' && (containers.get(visitor)?.state ?? 'stopped') === 'stopped';
    if (!isLeft || this.#busy.has(command.id)) return;
    this.#busy.add(command.id);
    const done = () => this.#busy.delete(command.id);
    this.#deps.docker.removeContainer(command.id).then(done, done);
  }

  /** Once for each start: it waits for the agent to begin, and goes on where an agent is lost or cannot be made. */
  async #hold(app: ContainerFacts): Promise<void> {
    if (this.#lastHold.get(app.id) === app.startedAt) return;
    this.#lastHold.set(app.id, app.startedAt);
    await this.#deps.held.add(app.id);
    try {
      await this.#deps.docker.pauseContainer(app.id);
    } catch (error) {
      await this.#deps.held.remove(app.id);
      throw error;
    }
  }

  async #letGo(appId: string): Promise<void> {
    try {
      await this.#deps.docker.unpauseContainer(appId);
    } catch (error) {
      // Somebody else let it go, or it is gone.
      const isOver = /is not paused|no such container|is not running/i.test(errorMessage(error));
      if (!isOver) {
        const fields = { container: appId, error: errorMessage(error), retryInMs: LET_GO_AGAIN_MS };
        this.#deps.log.warn('a held container could not be let go', fields);
        setTimeout(() => void this.#letGo(appId), LET_GO_AGAIN_MS).unref();
        return;
      }
    }
    await this.#deps.held.remove(appId);
  }

  /** A container that ended is held no more: its next start holds it anew. */
  #forgetHeld(containers: ReadonlyMap<string, ContainerFacts>): void {
    for (const id of this.#deps.held.ids) {
      const state = containers.get(id)?.state;
      if (state === undefined || state === 'stopped') void this.#deps.held.remove(id);
    }
    for (const id of this.#lastHold.keys()) if (!containers.has(id)) this.#lastHold.delete(id);
  }
}
