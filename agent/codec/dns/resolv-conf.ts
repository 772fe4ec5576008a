/** The `nameserver` lines of resolv.conf(5), at most three, as the C library takes them. */
export function readNameservers(text: string): string[] {
  const servers: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line);
    if (match?.[1] !== undefined) servers.push(match[1]);
  }
  return servers.slice(0, 3);
}
