import { createServer } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

// One door in two protocols: who has a ticket passes, and is given a seat.

const SEAT = '7';
const WORDS = 'show your ticket';

createServer((request, response) => {
  if (request.headers['x-ticket'] === 'yes') response.writeHead(200, { 'x-seat': SEAT }).end();
  else response.writeHead(401, { 'x-why': 'no ticket' }).end(WORDS);
}).listen(8000);

interface CheckRequest {
  readonly attributes: {
    readonly source: { readonly principal: string };
    readonly request: {
      readonly http: { readonly headers: Readonly<Record<string, string>>; readonly rawBody?: Buffer };
    };
  };
}

const header = (key: string, value: string) => ({ header: { key, value } });

function check({ attributes: { source, request } }: CheckRequest) {
  if (request.http.headers['x-ticket'] === 'yes')
    return { status: { code: grpc.status.OK }, okResponse: { headers: [header('x-seat', SEAT)] } };
  const length = request.http.rawBody?.length ?? 0;
  const why = `no ticket, ${source.principal || 'whoever you are'}${length === 0 ? '' : `, for ${length} bytes`}`;
  return {
    status: { code: grpc.status.UNAUTHENTICATED },
    deniedResponse: { status: { code: 401 }, headers: [header('x-why', why)], body: WORDS },
  };
}

const types = grpc.loadPackageDefinition(loadSync(`${import.meta.dirname}/check.proto`)) as unknown as {
  envoy: { service: { auth: { v3: { Authorization: grpc.ServiceClientConstructor } } } };
};
const server = new grpc.Server();
server.addService(types.envoy.service.auth.v3.Authorization.service, {
  check: (call: grpc.ServerUnaryCall<CheckRequest, unknown>, done: grpc.sendUnaryData<unknown>) =>
    done(null, check(call.request)),
});
server.bindAsync('0.0.0.0:9000', grpc.ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
