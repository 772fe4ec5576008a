import { createHash } from 'node:crypto';
import { silentLogger } from '../../base/log.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import type { Labels } from '../../model/labels.ts';
import { Certificates } from '../ca/certificates.ts';
import { Controller } from '../controller.ts';
import { HistoryStore } from '../history/history-store.ts';
import type { FileState } from '../last-good/last-good.ts';
import { PushHub } from '../push/push-hub.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { TraceStore } from '../traces/trace-store.ts';
import { TrafficStore } from '../traffic/traffic-store.ts';
import { createConsoleApi } from './console-api.ts';
import type { ApiReply } from './console-server.ts';

export const NOW = Date.UTC(2026, 0, 1);

export const stateOf = (file: string, text: string): FileState => ({
  ...{ kind: 'parsed', text, parsed: parseDocuments(text, file) },
  contentHash: createHash('sha256').update(text).digest('hex'),
});

/** A controller that has read these files and containers, and its console's answers. */
export async function startConsole(
  texts: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, Labels>>,
  more: { readonly writeToken?: string; readonly configDirectory?: string; readLog?(): Promise<Buffer> } = {},
) {
  const facts = Object.entries(labels).map(([name, given], index) => containerFacts(name, index + 1, given));
  const containers = new Map(facts.map((each) => [each.id, each]));
  const files = new Map(Object.entries(texts).map(([file, text]) => [file, stateOf(file, text)]));
  const hub = new PushHub({
    ...{ wall: () => NOW, bootId: 'boot', onSettled: () => {} },
    findWorkload: (index, container) => index.workloadsById.get(container),
  });
  const built = Promise.withResolvers<void>();
  const controller = new Controller({
    ...{ onResources() {}, jwks: () => new Map(), membership: { meshId: 'shop', project: 'shop' } },
    ...{ selfId: '', log: silentLogger, lastGood: {}, saveLastGood: () => {} },
    onWorld: (index) => {
      hub.update(index);
      built.resolve();
    },
  });
  controller.onFiles(files);
  controller.onContainers(containers);
  await built.promise;
  const history = new HistoryStore(':memory:');
  history.observe(files, NOW);
  const deps = {
    ...{ controller, hub, history, version: '1.2.3', meshId: 'shop', wall: () => NOW },
    ...{ isDockerConnected: () => true, containers: () => containers, files: () => files },
    certificates: new Certificates({ issue: async () => '', roots: '' }),
    traces: new TraceStore(':memory:'),
    traffic: new TrafficStore(NOW - 3_600_000),
    docker: { readLog: more.readLog ?? (() => Promise.resolve(Buffer.alloc(0))) },
    writeToken: more.writeToken ?? '',
    configDirectory: more.configDirectory ?? '/nowhere',
  };
  const api = createConsoleApi(deps);
  const ask = async (target: string, body?: unknown): Promise<ApiReply> => {
    const [method = '', path = ''] = target.split(' ');
    const url = new URL(path, 'http://console');
    const answer = api[`${method} ${url.pathname}`];
    if (answer === undefined) throw new Error(`there is no ${target}`);
    const reply = await answer({ query: url.searchParams, body });
    return { status: reply.status, body: JSON.parse(JSON.stringify(reply.body)) };
  };
  const get = async <T>(path: string) => (await ask(`GET ${path}`)).body as T;
  return { ...deps, ask, get };
}
