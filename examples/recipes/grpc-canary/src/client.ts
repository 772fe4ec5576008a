// `node client.ts COUNT [NAME=VALUE]`: so many calls over one connection, with that metadata, and who answered them.
import * as grpc from '@grpc/grpc-js';
import { SERVICE, type Stars } from './stars.ts';

interface StarsClient extends grpc.Client {
  get(
    question: Stars,
    metadata: grpc.Metadata,
    done: (error: Error | null, answer?: Stars) => void,
  ): grpc.ClientUnaryCall;
  watch(question: Stars, metadata: grpc.Metadata): grpc.ClientReadableStream<Stars>;
}

const [count = '1', header = ''] = process.argv.slice(2);
const metadata = new grpc.Metadata();
const [name = '', value = ''] = header.split('=');
if (name !== '') metadata.set(name, value);
const Client = grpc.makeGenericClientConstructor(SERVICE, 'Stars');
const client = new Client('stars:9090', grpc.credentials.createInsecure()) as unknown as StarsClient;

function get(product: number): Promise<string> {
  return new Promise((resolve) => {
    client.get({ product }, metadata, (error, answer) => resolve(answer?.by ?? String(error?.message)));
  });
}

const counts: Record<string, number> = {};
for (let call = 0; call < Number(count); call++) {
  const by = await get(call);
  counts[by] = (counts[by] ?? 0) + 1;
}
const watched: string[] = [];
for await (const { by = '' } of client.watch({ product: 0 }, metadata)) watched.push(by);
console.log(JSON.stringify({ get: counts, watch: watched }));
client.close();
