import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A rate limit service of somebody else: three of each descriptor, for ever. Says in a header what it was asked. */

interface Question {
  readonly domain: string;
  readonly descriptors: readonly { readonly entries: readonly { key: string; value: string }[] }[];
}

const LIMIT = 3;
const CODE = { ok: 1, overLimit: 2 };
const DAY = { requestsPerUnit: LIMIT, unit: 4, name: 'daily' };
const counts = new Map<string, number>();

function answer({ domain, descriptors }: Question) {
  const asked = descriptors.map(({ entries }) =>
    entries.map(({ key, value }) => `${key}=${value}`).join(','),
  );
  const statuses = asked.map((text) => {
    const count = (counts.get(`${domain} ${text}`) ?? 0) + 1;
    counts.set(`${domain} ${text}`, count);
    const code = count > LIMIT ? CODE.overLimit : CODE.ok;
    const limitRemaining = Math.max(0, LIMIT - count);
    return { code, currentLimit: DAY, limitRemaining, durationUntilReset: { seconds: 3600 } };
  });
  const isOver = statuses.some(({ code }) => code === CODE.overLimit);
  return {
    overallCode: isOver ? CODE.overLimit : CODE.ok,
    statuses,
    responseHeadersToAdd: [{ key: 'x-asked', value: `${domain}: ${asked.join('; ')}` }],
    rawBody: Buffer.from(isOver ? 'come back tomorrow' : ''),
  };
}

const types = grpc.loadPackageDefinition(loadSync(`${import.meta.dirname}/rls.proto`)) as unknown as {
  envoy: { service: { ratelimit: { v3: { RateLimitService: grpc.ServiceClientConstructor } } } };
};
const server = new grpc.Server();
server.addService(types.envoy.service.ratelimit.v3.RateLimitService.service, {
  shouldRateLimit: (call: grpc.ServerUnaryCall<Question, unknown>, done: grpc.sendUnaryData<unknown>) =>
    done(null, answer(call.request)),
});
server.bindAsync('0.0.0.0:8081', grpc.ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
