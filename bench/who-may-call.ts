import { createAuthenticator } from '../agent/policy/authentication/authenticator.ts';
import { headOf, policyOf, rs256 } from '../agent/policy/authentication/tokens.fixture.ts';
import { createAuthorizer } from '../agent/policy/authorization/authorizer.ts';
import { Subject } from '../agent/policy/authorization/subject.ts';
import type { AuthorizationSpec } from '../model/authorization.ts';
import { nanosecondsPerCall } from './per-operation.ts';
import { markdownTable } from './table.ts';

const condition = { key: [], notValues: [] };
const policy: AuthorizationSpec = {
  ...{ name: 'default/p', action: 'ALLOW', isDryRun: false, provider: null },
  rules: Array.from({ length: 50 }, (_, n) => ({
    from: [
      [{ ...condition, attribute: 'source.principal', values: [`cluster.local/ns/default/sa/caller${n}`] }],
    ],
    to: [
      [
        { ...condition, attribute: 'request.method', values: ['GET', 'HEAD'] },
        { ...condition, attribute: 'request.path', values: [`/p${n}/*`] },
      ],
    ],
    when: [],
  })),
};
const peer = {
  ...{ remoteAddress: '10.0.0.7', identity: 'spiffe://cluster.local/ns/default/sa/caller49' },
  originalDestination: { address: '10.1.0.1', port: 9000 },
};
const authorizer = createAuthorizer([policy], 'http');
const request = headOf(['user-agent', 'bench'], '/p49/a?b=c');
const authenticator = createAuthenticator([policyOf({ forwardsToken: true })]);
const token = rs256({ iss: 'me', sub: 'ann', scope: 'read write', groups: ['a', 'b', 'c'] });
const rules = policyOf({});

const claimsOf = (head: ReturnType<typeof headOf>) =>
  authenticator?.authenticate(head, 1_000_000).claims ?? null;

/** What a request pays for being asked who it is, and whether it may. */
export const SECURITY_OPERATIONS: Readonly<Record<string, () => unknown>> = {
  'policy, the last of 50 ALLOW rules': () =>
    authorizer?.refuse(new Subject(peer, request, null, () => peer.remoteAddress)),
  'token, none': () => authenticator?.authenticate(request, 1_000_000),
  // A new text each time, as the codec makes it.
  'token, verified before': () => {
    const text = Buffer.from(`Bearer ${token}`).latin1Slice();
    return authenticator?.authenticate(headOf(['user-agent', 'bench', 'authorization', text]), 1_000_000);
  },
  both: () => {
    const text = Buffer.from(`Bearer ${token}`).latin1Slice();
    const head = headOf(['user-agent', 'bench', 'authorization', text], '/p49/a?b=c');
    return authorizer?.refuse(new Subject(peer, head, claimsOf(head), () => peer.remoteAddress));
  },
  'token, for the first time (RS256, with reading the key)': () =>
    createAuthenticator([rules])?.authenticate(headOf(['authorization', `Bearer ${token}`]), 1_000_000),
};

/** In one process, without the network: what the two checks add to each request. */
export function benchWhoMayCall() {
  const rows = Object.entries(SECURITY_OPERATIONS).map(([what, operation]) => ({
    what,
    micros: nanosecondsPerCall(operation) / 1000,
  }));
  const table = markdownTable([
    ['who may call', 'CPU µs/request'],
    ...rows.map(({ what, micros }) => [what, micros.toFixed(2)]),
  ]);
  return { rows, table };
}
