import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';
import type { FoundController } from '../ask/find-controller.ts';
import { CliError, knownRemedy } from '../cli-error.ts';

export interface LogOptions {
  readonly follow: boolean;
  readonly tail: number;
  write(line: string): void;
}

/** The lines of a service's containers and of the agents beside them, each with its container's name before it. */
export async function printLogs(
  docker: Docker,
  controller: FoundController,
  service: string,
  options: LogOptions,
): Promise<void> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [`${LABEL.composeProject}=${controller.project}`] },
  });
  const containers = all.filter(({ Labels }) =>
    [LABEL.composeService, LABEL.agentOf, LABEL.app, LABEL.service].some((name) => Labels[name] === service),
  );
  if (containers.length === 0) {
    const known = new Set(all.flatMap(({ Labels }) => Labels[LABEL.composeService] ?? []));
    throw new CliError(
      'LAT1007',
      `no container belongs to the service ${service}`,
      knownRemedy(service, [...known].sort()),
    );
  }
  await Promise.all(containers.map((info) => printContainer(docker, info, options)));
}

async function printContainer(
  docker: Docker,
  info: Docker.ContainerInfo,
  options: LogOptions,
): Promise<void> {
  const name = (info.Names[0] ?? info.Id).replace(/^\//, '');
  const stream = await docker
    .getContainer(info.Id)
    .logs({ follow: options.follow as true, stdout: true, stderr: true, tail: options.tail });
  if (Buffer.isBuffer(stream)) {
    for (const line of demultiplex(stream)) options.write(`${name} | ${line}`);
    return;
  }
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as unknown as AsyncIterable<Buffer>) {
    const joined = Buffer.concat([rest, chunk]);
    const end = wholeFrames(joined);
    for (const line of demultiplex(joined.subarray(0, end))) options.write(`${name} | ${line}`);
    rest = joined.subarray(end);
  }
}

/** The last lines of a container, as they are. */
export async function readLogs(docker: Docker, container: string, lines: number): Promise<string[]> {
  const log = await docker.getContainer(container).logs({ stdout: true, stderr: true, tail: lines });
  return demultiplex(log);
}

const HEADER_BYTES = 8;

/** Where the last whole frame of Docker's log stream ends. */
function wholeFrames(bytes: Buffer): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    if (end > bytes.length) break;
    at = end;
  }
  return at;
}

/** Docker's log stream: frames of a header (stream, length) and a payload. */
function demultiplex(bytes: Buffer): string[] {
  let text = '';
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    text += bytes.toString('utf8', at + HEADER_BYTES, end);
    at = end;
  }
  return text.split('\n').filter((line) => line !== '');
}
