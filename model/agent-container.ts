/** What controller and agent must agree on about an agent's container. */

/** Volume that the controller shares with its agents; holds the control socket. */
export const CONTROL_DIRECTORY = '/srv/lateen';
export const CONTROL_SOCKET = `${CONTROL_DIRECTORY}/control.sock`;
/** The mesh's own rate limit service, spoken to by gRPC. */
export const RATE_LIMIT_SOCKET = `${CONTROL_DIRECTORY}/ratelimit.sock`;
/** tmpfs of an agent: its key, its session, the last good snapshot. Survives a crash of the process, not of the container. */
export const RUN_DIRECTORY = '/run/lateen';
/** Answers of hosts outside, where a cache is on disk. The container's own: it outlives a restart of it, no more. */
export const CACHE_DIRECTORY = '/var/cache/lateen';
/** Pipes to and from the helper that still may load capture rules, and its mark that they are loaded. */
export const CAPTURE_RULES = `${RUN_DIRECTORY}/rules`;
export const CAPTURE_ANSWER = `${RUN_DIRECTORY}/answer`;
export const CAPTURED = `${RUN_DIRECTORY}/captured`;

/** Environment of the agent's process. None of it is secret. */
export const AGENT_ENV = {
  /** `sidecar` or `gateway`. */
  mode: 'LATEEN_MODE',
  logLevel: 'LATEEN_LOG_LEVEL',
  /** Name of the own container, where the namespace is another's and so does not tell it. */
  container: 'LATEEN_CONTAINER',
  /** Comma-separated ports and CIDRs, from the labels `traffic.sidecar.istio.io/…`. */
  excludeOutboundPorts: 'LATEEN_EXCLUDE_OUTBOUND_PORTS',
  includeOutboundPorts: 'LATEEN_INCLUDE_OUTBOUND_PORTS',
  excludeOutboundRanges: 'LATEEN_EXCLUDE_OUTBOUND_IP_RANGES',
  includeOutboundRanges: 'LATEEN_INCLUDE_OUTBOUND_IP_RANGES',
  excludeInboundPorts: 'LATEEN_EXCLUDE_INBOUND_PORTS',
  includeInboundPorts: 'LATEEN_INCLUDE_INBOUND_PORTS',
  /** Overrides of the fixed paths, for tests outside a container. */
  controlSocket: 'LATEEN_CONTROL_SOCKET',
  runDirectory: 'LATEEN_RUN_DIRECTORY',
  cacheDirectory: 'LATEEN_CACHE_DIRECTORY',
} as const;
