// What a mesh of tests (LATEEN_TEST_MESH=1) is asked beside the rest: JSON over HTTP, on a Unix socket of the controller's
// container and, for who has the admin token, on a port. Everything waits until it is true of every proxy, for
// `patienceMs` at most; 504 and a {@link TestRefusal} where it did not become true.
//
// POST /v1/apply?name=FILE   YAML    TestApplied     422 = TestRefusal with what is wrong; nothing has changed
// POST /v1/restore?id=N              TestApplied     id 0 = all that was applied
// GET  /v1/settled?container=ID@START&…  TestSettled  these containers are in the mesh, and serve; START = Docker's
//                                                    StartedAt, or nothing
// GET  /v1/requests?to=&from=&since=MS&after=N&reporter=   TestRequests   nothing that was over before is missing
import type { RuleRef, ViolationView } from './console.ts';
import type { ObservedRequest } from './observation.ts';

export interface TestApplied {
  /** By which it is taken back. */
  readonly id: number;
  /** What the YAML is called in places of rules. */
  readonly file: string;
  /** Warnings, and what is only worth knowing. */
  readonly violations: readonly ViolationView[];
}

export interface TestRefusal {
  readonly error: string;
  readonly remedy: string;
  /** What is wrong with the YAML; none = it is something else. */
  readonly violations: readonly ViolationView[];
}

export interface TestSettled {
  readonly proxies: number;
  /** Errors of the documents that the mesh began with. */
  readonly violations: readonly ViolationView[];
}

/** One request. `rule` is where the rule stood when the request came. */
export interface TestRequest extends Omit<ObservedRequest, 'rule'> {
  /** Grows with each; a mark is the number of the last. */
  readonly number: number;
  readonly rule: RuleRef | null;
}

export interface TestRequests {
  readonly requests: readonly TestRequest[];
  /** Number of the newest request of all. */
  readonly mark: number;
  /** Why some may be missing, '' = none is. */
  readonly problem: string;
}

/** Which requests are asked for. */
export interface TestRequestQuery {
  /** `reviews`, `reviews.default`, or a hostname: the service or the container that was called. */
  readonly to?: string;
  /** The workload or app that called. */
  readonly from?: string;
  /** Began at that time or later, milliseconds since 1970. */
  readonly since?: number;
  /** Came behind the one with that number. */
  readonly after?: number;
  /** Whose word: default is each request once, by its caller's proxy where that has one, else by the callee's. */
  readonly reporter?: 'source' | 'destination';
}
