import { StringDecoder } from 'node:string_decoder';

export interface DockerEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

export interface EventStream {
  /** Settles when the stream is over, however it ended. */
  readonly promise: Promise<void>;
  stop(): void;
}

/** Docker's events: one JSON object a line. A line that is none ends the stream: what follows it cannot be trusted. */
export function readEvents(
  stream: NodeJS.ReadableStream,
  onEvent: (event: DockerEvent) => void,
): EventStream {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    (stream as unknown as { destroy(): void }).destroy();
  };
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (isStopped) return;
      const event = line.trim() === '' ? null : parseEvent(line);
      if (event === 'unreadable') stop();
      else if (event !== null) onEvent(event);
    }
  });
  const promise = new Promise<void>((resolve) => {
    for (const end of ['end', 'error', 'close']) stream.on(end, () => resolve());
  });
  return { promise, stop };
}

/** null = an event about something else. */
function parseEvent(line: string): DockerEvent | null | 'unreadable' {
  try {
    const { Type, Action, Actor } = JSON.parse(line) as Partial<DockerEvent>;
    if (Type === undefined || Action === undefined || Actor?.ID === undefined) return null;
    return { Type, Action, Actor: { ID: Actor.ID, Attributes: Actor.Attributes ?? {} } };
  } catch {
    return 'unreadable';
  }
}
