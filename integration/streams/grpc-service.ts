import * as grpc from '@grpc/grpc-js';

/** A gRPC service without generated code: messages are JSON, which gRPC leaves to the two ends. */

export interface Message {
  readonly text: string;
  /** The version that answered. */
  readonly by?: string;
}

const serialize = (message: Message) => Buffer.from(JSON.stringify(message));
const deserialize = (bytes: Buffer) => JSON.parse(bytes.toString()) as Message;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    ...{ path: `/lateen.test.Echo/${name}`, requestStream, responseStream },
    ...{ requestSerialize: serialize, requestDeserialize: deserialize },
    ...{ responseSerialize: serialize, responseDeserialize: deserialize },
  };
}

export const ECHO = {
  say: method('Say', false, false),
  collect: method('Collect', true, false),
  count: method('Count', false, true),
  chat: method('Chat', true, true),
  refuse: method('Refuse', false, false),
  hang: method('Hang', false, false),
  cancelled: method('Cancelled', false, false),
  flood: method('Flood', false, true),
  ignore: method('Ignore', true, false),
  counts: method('Counts', false, false),
};

/** What a caller cannot see from its side of a stream. */
export interface Counts {
  /** Messages that `flood` could write. */
  flooded: number;
  /** Calls of `flood` that ended before they were done. */
  floodsCancelled: number;
  /** Messages that `ignore` has read. */
  heard: number;
}

const FLOOD_MESSAGE = 'x'.repeat(16 * 1024);

export function createGrpcServer(by: string, port: number): void {
  const server = new grpc.Server();
  let cancelled = 0;
  const counts: Counts = { flooded: 0, floodsCancelled: 0, heard: 0 };
  let ignored: grpc.ServerReadableStream<Message, Message> | null = null;
  server.addService(ECHO, {
    say(call: grpc.ServerUnaryCall<Message, Message>, done: grpc.sendUnaryData<Message>) {
      done(null, { text: call.request.text, by });
    },
    collect(call: grpc.ServerReadableStream<Message, Message>, done: grpc.sendUnaryData<Message>) {
      const words: string[] = [];
      call.on('data', ({ text }: Message) => words.push(text));
      call.on('end', () => done(null, { text: words.join(' '), by }));
    },
    count(call: grpc.ServerWritableStream<Message, Message>) {
      for (let i = 1; i <= Number(call.request.text); i++) call.write({ text: String(i), by });
      call.end();
    },
    chat(call: grpc.ServerDuplexStream<Message, Message>) {
      call.on('data', ({ text }: Message) => call.write({ text, by }));
      call.on('end', () => call.end());
    },
    refuse(_: unknown, done: grpc.sendUnaryData<Message>) {
      done({ code: grpc.status.FAILED_PRECONDITION, details: 'not like this: ä' });
    },
    hang(call: grpc.ServerUnaryCall<Message, Message>) {
      call.on('cancelled', () => {
        cancelled += 1;
      });
    },
    cancelled(_: unknown, done: grpc.sendUnaryData<Message>) {
      done(null, { text: String(cancelled), by });
    },
    /** As many messages as were asked for, as fast as they are taken. */
    flood(call: grpc.ServerWritableStream<Message, Message>) {
      const most = Number(call.request.text);
      let written = 0;
      const more = () => {
        while (written < most && !call.cancelled) {
          written += 1;
          counts.flooded += 1;
          if (!call.write({ text: FLOOD_MESSAGE })) return;
        }
        if (written === most) call.end();
      };
      call.on('drain', more);
      call.on('cancelled', () => {
        counts.floodsCancelled += 1;
      });
      more();
    },
    /** Reads nothing until `counts` is called with the word `read`. */
    ignore(call: grpc.ServerReadableStream<Message, Message>, done: grpc.sendUnaryData<Message>) {
      ignored = call;
      let bytes = 0;
      call.on('end', () => done(null, { text: String(bytes), by }));
      call.on('data', ({ text }: Message) => {
        counts.heard += 1;
        bytes += text.length;
      });
      call.pause();
    },
    counts(call: grpc.ServerUnaryCall<Message, Message>, done: grpc.sendUnaryData<Message>) {
      if (call.request.text === 'read') ignored?.resume();
      done(null, { text: JSON.stringify(counts), by });
    },
  });
  // As a service should: it says GOAWAY, and ends once what is under way is answered.
  process.once('SIGTERM', () => server.tryShutdown(() => process.exit(0)));
  server.bindAsync(`0.0.0.0:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error !== null) throw error;
  });
}
