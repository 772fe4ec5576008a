/**
 * The path and the query of a request's target (RFC 9112 §3.2), whatever a caller wrote: `new URL(target, base)` throws for
 * `//` and takes `//host/path` for another host's. What is no origin-form asks for `/`.
 */
export function readTarget(target: string | undefined): URL {
  return new URL(`http://localhost${target?.startsWith('/') === true ? target : '/'}`);
}
