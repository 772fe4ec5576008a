import { measure } from '../../bench/per-operation.ts';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import { createAuthenticator } from './authentication/authenticator.ts';
import { headOf, policyOf, rs256 } from './authentication/tokens.fixture.ts';
import { createAuthorizer } from './authorization/authorizer.ts';
import { Subject } from './authorization/subject.ts';

/** What a request pays for being asked who it is, and whether it may. */
const condition = { key: [], notValues: [] };
const policy: AuthorizationSpec = {
  ...{ name: 'default/p', action: 'ALLOW', isDryRun: false, provider: null },
  origin: { resource: '', file: '', line: 0 },
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

measure({
  'policy, the last of 50 ALLOW rules': () =>
    authorizer?.refuse(new Subject(peer, request, null, () => peer.remoteAddress)),
  'token, none': () => authenticator?.authenticate(request, 1_000_000),
  // A new text each time, as the codec makes it.
  'token, verified before': () => {
    const text = Buffer.from(`Bearer ${token}`).latin1Slice();
    return authenticator?.authenticate(headOf(['user-agent', 'bench', 'authorization', text]), 1_000_000);
  },
  'token, for the first time (RS256, with reading the key)': () =>
    createAuthenticator([rules])?.authenticate(headOf(['authorization', `Bearer ${token}`]), 1_000_000),
});
