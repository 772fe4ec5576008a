/** Domains of the last `search` or `domain` line, lower-case: what the C library tries behind a name. */
export function readSearchDomains(text: string): string[] {
  const [last = ''] =
    text
      .split('\n')
      .findLast((line) => SEARCH.test(line))
      ?.match(SEARCH)
      ?.slice(1) ?? [];
  return last
    .split(/\s+/)
    .map((domain) => domain.toLowerCase().replace(/\.$/, ''))
    .filter((domain) => domain !== '');
}

const SEARCH = /^\s*(?:search|domain)\s+(.*)$/;

/** The `nameserver` lines of resolv.conf(5), at most three, as the C library takes them. */
export function readNameservers(text: string): string[] {
  const servers: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line);
    if (match?.[1] !== undefined) servers.push(match[1]);
  }
  return servers.slice(0, 3);
}
