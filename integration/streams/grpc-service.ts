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
};

export function createGrpcServer(by: string, port: number): void {
  const server = new grpc.Server();
  let cancelled = 0;
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
  });
  server.bindAsync(`0.0.0.0:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error !== null) throw error;
  });
}
