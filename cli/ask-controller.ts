import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { CliError, knownRemedy } from './cli-error.ts';
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
  const exec = await docker.getContainer(controller.id).exec({
    Cmd: ['node', '/opt/lateen/admin-client.js', 'GET', path],
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: false });
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
  if (exitCode === 0) return JSON.parse(stdout) as T;
  throw new CliError(
    readReason(stdout) ?? (stderr.trim() || `the controller answered with an error`),
    readRemedy(stdout),
  );
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
