import * as grpc from '@grpc/grpc-js';
import { SERVICE, type Stars } from './stars.ts';

const by = process.env['SERVICE_VERSION'] ?? 'v1';

const server = new grpc.Server();
server.addService(SERVICE, {
  get({ request }: grpc.ServerUnaryCall<Stars, Stars>, done: grpc.sendUnaryData<Stars>) {
    done(null, { product: request.product, stars: 5, by });
  },
  watch(call: grpc.ServerWritableStream<Stars, Stars>) {
    for (const stars of [3, 4, 5]) call.write({ product: call.request.product, stars, by });
    call.end();
  },
});
server.bindAsync('0.0.0.0:9090', grpc.ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
