import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { redactSecrets } from '../../istio/redact-secrets.ts';
import type { ConfigChange, ConfigFileView } from '../../model/console.ts';
import type { FileState } from '../last-good/last-good.ts';
import { configFileView } from './config-views.ts';
import { type ConfigWriter, isFileName } from './config-writer.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { type ApiReply, failure } from './console-server.ts';
import { previewView } from './preview.ts';
import { whyReadOnly } from './status-view.ts';

type Deps = Pick<ConsoleDeps, 'controller' | 'files' | 'writeToken' | 'configDirectory'>;

/** As of a file that is read. */
const MAX_CHARACTERS = 2 * 1024 * 1024;
const change: z.ZodType<ConfigChange> = z.object({
  file: z.string().max(200),
  text: z.string().max(MAX_CHARACTERS).nullable(),
  basedOn: z.string().max(64),
});

const NO_CHANGE = failure(400, 'that is no change of a file', 'See `ConfigChange` in model/console.ts.');
const BAD_NAME = failure(
  400,
  'that is no name for a file of the config directory',
  'Name a .yaml file below it, e.g. shop.yaml or team/shop.yaml; no part of it begins with a dot.',
);
const EMPTY = failure(
  400,
  'an empty file would be taken for one that is just being written',
  'Remove the file, or write a comment.',
);
const SECRET = failure(
  403,
  'Secrets are not written here',
  'Put certificates into files (LATEEN_SECRETS_DIR), or edit the file itself.',
);

/** What a change would do; it is answered whether anything may be saved or not. */
export function preview(deps: Deps, body: unknown): ApiReply {
  const asked = readChange(deps, body);
  if ('status' in asked) return asked;
  const { controller } = deps;
  const { file, text } = asked;
  const after = controller.preview(file, text === null ? null : stateOf(file, text));
  if (after === null || controller.index === null)
    return failure(503, 'files and containers have not been read yet', 'Wait a moment.');
  const { violations } = controller.violationLog;
  return { status: 200, body: previewView({ index: controller.index, violations }, after, file) };
}

export async function save(deps: Deps, writer: ConfigWriter, body: unknown): Promise<ApiReply> {
  const asked = readChange(deps, body);
  if ('status' in asked) return asked;
  const why = whyReadOnly(deps);
  if (why !== '') return failure(403, 'nothing is saved here', why);
  const problem = await writer.save(asked);
  if (problem !== null) return failure(problem.status, problem.error, problem.remedy);
  return { status: 200, body: await viewWhenRead(deps, asked) };
}

function readChange({ files }: Deps, body: unknown): ConfigChange | ApiReply {
  const { data } = change.safeParse(body);
  if (data === undefined) return NO_CHANGE;
  if (!isFileName(data.file)) return BAD_NAME;
  if (data.text === '') return EMPTY;
  const now = files().get(data.file);
  const isSecret = now?.kind === 'parsed' && redactSecrets(now.text).isRedacted;
  return isSecret || redactSecrets(data.text ?? '').isRedacted ? SECRET : data;
}

function stateOf(file: string, text: string): FileState & { kind: 'parsed' } {
  const contentHash = createHash('sha256').update(text).digest('hex');
  return { kind: 'parsed', text, contentHash, parsed: parseDocuments(text, file) };
}

const LOOK_MS = 25;
const PATIENCE_MS = 3000;

/** The file as the controller has read it: what is in force of it then. */
async function viewWhenRead(deps: Deps, { file, text }: ConfigChange): Promise<ConfigFileView> {
  const { controller } = deps;
  const wanted = text === null ? null : stateOf(file, text);
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const state = deps.files().get(file);
    const isRead =
      state?.kind === 'parsed'
        ? state.contentHash === wanted?.contentHash
        : state === undefined && wanted === null;
    if (isRead && controller.isCurrent) break;
    await sleep(LOOK_MS);
  }
  const inForce = {
    resources: controller.world?.resources ?? [],
    violations: controller.violationLog.violations,
  };
  const state = deps.files().get(file);
  if (state !== undefined) return configFileView(file, state, inForce);
  if (wanted !== null) return { ...configFileView(file, wanted, inForce), isInForce: false };
  return { file, text: '', hash: '', isInForce: true, documents: [], violations: [], whyReadOnly: '' };
}
