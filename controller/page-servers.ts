import type { Server } from 'node:http';
import type { Logger } from '../base/log.ts';
import { ADMIN_SOCKET, TEST_SOCKET } from '../model/controller-sockets.ts';
import { PORT } from '../model/ports.ts';
import type { Span } from '../model/span.ts';
import { type AdminPages, answerFrom, openAdminServer } from './admin/admin-server.ts';
import { type ConsoleApi, openConsoleServer } from './console/console-server.ts';
import type { EventHub } from './console/event-hub.ts';
import { readStaticFiles } from './console/static-files.ts';
import type { Settings } from './settings.ts';
import type { TestMesh } from './test-mesh/test-mesh.ts';
import { openTestServer } from './test-mesh/test-server.ts';
import { answerJaeger } from './traces/jaeger-api.ts';
import { openOtlpIntake } from './traces/otlp-intake.ts';
import type { TraceStore } from './traces/trace-store.ts';

export interface PageServersDeps {
  readonly settings: Settings;
  readonly log: Logger;
  /** Addresses of the machine itself. */
  readonly hosts: ReadonlySet<string>;
  readonly events: EventHub;
  readonly traces: TraceStore;
  readonly debugPages: AdminPages;
  readonly consoleApi: ConsoleApi;
  readonly spans: {
    readonly keep: (spans: readonly Span[]) => void;
    readonly isWelcome: (address: string) => boolean;
  };
  /** null = not a mesh of tests: its API is not opened. */
  readonly testMesh: TestMesh | null;
}

/** All that the controller serves to people and programs beside the proxies, each on its port of `model/ports.ts`. */
export function openPageServers(deps: PageServersDeps): Promise<readonly Server[]> {
  const { settings, log, hosts, events, traces, testMesh } = deps;
  const { adminToken, writeToken } = settings;
  const answerDebug = answerFrom(deps.debugPages);
  return Promise.all([
    openAdminServer(answerDebug, { port: PORT.controllerAdmin, token: adminToken }),
    openAdminServer(answerDebug, { socketPath: ADMIN_SOCKET }),
    openConsoleServer({
      ...{ port: PORT.console, adminToken, writeToken, hosts, events, log },
      files: readStaticFiles(settings.consoleDirectory),
      api: deps.consoleApi,
    }),
    openAdminServer((url) => answerJaeger(traces, url, Date.now()), {
      ...{ port: PORT.traceQuery, token: adminToken, hosts },
    }),
    openOtlpIntake({ port: PORT.otlpHttp, onSpans: deps.spans.keep, isWelcome: deps.spans.isWelcome }),
    ...(testMesh === null
      ? []
      : [
          openTestServer(testMesh, { socketPath: TEST_SOCKET }),
          openTestServer(testMesh, { port: PORT.testMesh, token: adminToken }),
        ]),
  ]);
}
