import { measure } from '../../../bench/per-operation.ts';
import type { LocalDescriptorSpec, RateSpec } from '../../../model/rate-limit.ts';
import { headOf } from '../authentication/tokens.fixture.ts';
import { Subject } from '../authorization/subject.ts';
import { createDescriptors, type RateSubject } from './descriptors.ts';
import { LocalLimiter } from './local-limiter.ts';

const bucket = { maxTokens: 1e9, tokensPerFill: 1e9, fillIntervalMs: 60_000 };
const perKey: LocalDescriptorSpec = {
  entries: [
    ['rule', 'default/a/0'],
    ['request.headers[x-api-key]', ''],
  ],
  bucket,
};
const rate: RateSpec = {
  ...{ stage: 0, match: null, limit: null },
  actions: [
    { kind: 'constant', key: 'rule', value: 'default/a/0' },
    { kind: 'header', key: 'request.headers[x-api-key]', name: 'x-api-key', ifAbsent: 'empty' },
  ],
};
const settings = { alwaysTakesDefault: true, maxOpenValues: 10_000, takesAllOrNone: true };
const forAll = new LocalLimiter({ ...settings, bucket, descriptors: [] }, 0);
const forEach = new LocalLimiter({ ...settings, bucket: null, descriptors: [perKey] }, 0);
const describe = createDescriptors([rate], 0);

const peer = {
  ...{ remoteAddress: '10.0.0.7', identity: '' },
  originalDestination: { address: '10.1.0.1', port: 9000 },
};
const heads = Array.from({ length: 1000 }, (_, n) => headOf(['user-agent', 'bench', 'x-api-key', `key${n}`]));
let next = 0;
let now = 0;

function subject(): RateSubject {
  const head = heads[next++ % heads.length] as (typeof heads)[number];
  return {
    subject: new Subject(peer, head, null, () => peer.remoteAddress),
    view: { head, path: head.path, scheme: 'http', claims: null },
    ...{ destination: '', remoteAddress: peer.remoteAddress },
  };
}

measure({
  'one bucket for all': () => forAll.decide([], (now += 0.01)),
  'a bucket for each of 1000 API keys': () => forEach.decide(describe?.(subject()) ?? [], (now += 0.01)),
});
