import type { Certificates } from '../ca/certificates.ts';
import type { Controller } from '../controller.ts';
import type { DockerReader } from '../docker/docker-reader.ts';
import type { HistoryStore } from '../history/history-store.ts';
import type { FileState } from '../last-good/last-good.ts';
import type { PushHub } from '../push/push-hub.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import type { TrafficStore } from '../traffic/traffic-store.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

export interface ConsoleDeps {
  readonly controller: Controller;
  readonly hub: PushHub;
  readonly meshId: string;
  readonly version: string;
  readonly isDockerConnected: () => boolean;
  readonly containers: () => ReadonlyMap<string, ContainerFacts>;
  readonly certificates: Certificates;
  readonly traces: TraceStore;
  readonly traffic: TrafficStore;
  readonly history: HistoryStore;
  readonly docker: Pick<DockerReader, 'readLog'>;
  /** Files that people edit; not those of certificates. */
  readonly files: () => ReadonlyMap<string, FileState>;
  readonly configDirectory: string;
  readonly writeToken: string;
  readonly wall: () => number;
}
