/** An address of the machine (or the namespace) itself: 127.0.0.0/8 or ::1, also where IPv6 carries it. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * Whether a `Host` header names loopback. A name that somebody else's name server answers with 127.0.0.1 is how a page
 * in a browser would reach what listens there (DNS rebinding): it does not.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || isLoopback(name.replace(/^\[(.*)\]$/, '$1'));
}
