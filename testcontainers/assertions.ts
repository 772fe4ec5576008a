import { AssertionError } from 'node:assert';
import {
  mtls,
  type RetryOptions,
  retried,
  type Split,
  type SplitOptions,
  split,
  type Verdict,
} from './expectations.ts';
import type { MeshRequest } from './started-mesh.ts';

type Requests = readonly MeshRequest[];

/** For node:test, and any runner: requests went to versions in exactly these proportions. */
export function assertSplit(requests: Requests, shares: Split, options?: SplitOptions): void {
  hold(split(requests, shares, options), assertSplit);
}

/** At least one request was tried again (`times`: one was so exactly so often). */
export function assertRetried(requests: Requests, options?: RetryOptions): void {
  hold(retried(requests, options), assertRetried);
}

/** There are requests, and all of them went by mutual TLS. */
export function assertMtls(requests: Requests): void {
  hold(mtls(requests), assertMtls);
}

function hold({ pass, message }: Verdict, stackStartFn: (...args: never[]) => void): void {
  if (!pass) throw new AssertionError({ message: message(), stackStartFn });
}

/** For Vitest and Jest: `expect.extend(meshMatchers)`. */
export const meshMatchers = {
  toSplit: split,
  toHaveRetried: retried,
  toBeMtls: mtls,
};

/** What {@link meshMatchers} gives to `expect`: docs/testing.md shows how TypeScript learns of it. */
export interface MeshMatchers<R = unknown> {
  toSplit(shares: Split, options?: SplitOptions): R;
  toHaveRetried(options?: RetryOptions): R;
  toBeMtls(): R;
}
