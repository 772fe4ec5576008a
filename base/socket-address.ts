/** As Envoy writes addresses with ports in logs: `10.0.0.1:80`, `[fd00::1]:80`. */
export function formatAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The address of such a text without brackets; '' = there is none. */
export function hostOfAddress(text: string): string {
  const host = text.slice(0, Math.max(0, text.lastIndexOf(':')));
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
