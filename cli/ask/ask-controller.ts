import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { PORT } from '../../model/ports.ts';
import { CliError, knownRemedy } from '../cli-error.ts';
import type { FoundController } from './find-controller.ts';

/**
 * One of the controller's pages. It is asked inside the controller's container, through the Docker API: so no port is
 * published, and whoever may use the Docker socket may ask.
 */
export async function askController<T>(
  docker: Docker,
  controller: FoundController,
  path: string,
): Promise<T> {
  const { exitCode, stdout, stderr } = await askInside(docker, controller.id, 'GET', path);
  if (exitCode === 0) return JSON.parse(stdout) as T;
  throw new CliError(
    parseErrorPage(stdout).known === undefined ? 'LAT1005' : 'LAT1007',
    readReason(stdout) ?? (stderr.trim() || `the controller answered with an error`),
    readRemedy(stdout),
  );
}

/** A page of a proxy's own port 15000, which answers on its loopback alone. */
export async function askProxy(
  docker: Docker,
  container: string,
  method: 'GET' | 'POST',
  path: string,
): Promise<string> {
  const url = `http://127.0.0.1:${PORT.agentAdmin}${path}`;
  const { exitCode, stdout, stderr } = await askInside(docker, container, method, url);
  if (exitCode === 0) return stdout;
  throw new CliError(
    'LAT1006',
    stdout.trim() || stderr.trim() || 'the proxy answered with an error',
    'Is it still running?',
  );
}

export interface InsideOptions {
  /** Another socket than the controller's usual one. */
  readonly socket?: string;
  readonly body?: string;
}

export async function askInside(
  docker: Docker,
  container: string,
  method: string,
  target: string,
  { socket, body }: InsideOptions = {},
) {
  const bytes = Buffer.from(body ?? '');
  const exec = await docker.getContainer(container).exec({
    Cmd: ['node', '/opt/lateen/admin-client.js', method, target],
    Env: [
      ...(socket === undefined ? [] : [`LATEEN_ADMIN_SOCKET=${socket}`]),
      ...(bytes.length === 0 ? [] : [`LATEEN_BODY_BYTES=${bytes.length}`]),
    ],
    AttachStdin: bytes.length > 0,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: bytes.length > 0 });
  if (bytes.length > 0) stream.write(bytes);
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  const ended = new Promise((resolve) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
  });
  const texts = Promise.all([readAll(out), readAll(err)]);
  await ended;
  out.end();
  err.end();
  const [stdout, stderr] = await texts;
  const { ExitCode: exitCode } = await exec.inspect();
  return { exitCode, stdout, stderr };
}

async function readAll(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface ErrorPage {
  readonly error?: string;
  readonly asked?: string;
  readonly known?: readonly string[];
}

function parseErrorPage(text: string): ErrorPage {
  try {
    return JSON.parse(text) as ErrorPage;
  } catch {
    // Not one of the controller's own error pages.
    return {};
  }
}

const readReason = (text: string) => parseErrorPage(text).error ?? null;

function readRemedy(text: string): string {
  const { asked, known } = parseErrorPage(text);
  return known === undefined
    ? 'Is the controller still starting? Look into `docker logs`.'
    : knownRemedy(asked ?? '', known);
}
