/** Ports of the mesh, Istio's numbers (istio.io "Ports used by Istio"). */
export const PORT = {
  /** Agent admin: `/config_dump`, loopback only. */
  agentAdmin: 15000,
  /** Captured outbound TCP. */
  outboundCapture: 15001,
  /** Captured inbound TCP. */
  inboundCapture: 15006,
  /** Controller metrics and debug pages. */
  controllerAdmin: 15014,
  /** Agent: merged metrics and health of the app. */
  agentStatus: 15020,
  /** Agent: `/healthz/ready`. */
  agentReady: 15021,
  /** The agent's resolver, UDP and TCP. */
  agentDns: 15053,
  /** Agent: `/stats/prometheus`. */
  agentMetrics: 15090,
  /** Controller: Jaeger's query API (Jaeger's number). */
  traceQuery: 16686,
  /** Controller: OTLP over HTTP, of applications (OpenTelemetry's number). */
  otlpHttp: 4318,
  /** Controller: the console (Kiali's number). */
  console: 20001,
  /** Controller of a mesh of tests: model/test-mesh.ts. */
  testMesh: 15019,
} as const;

/** The agent's user and group: its own traffic is never captured (Istio's number). */
export const AGENT_UID = 1337;
/** The agent dials its app from here, so that replies and loops can be told apart (Istio's address). */
export const INBOUND_SOURCE_ADDRESS = '127.0.0.6';
/** Stable virtual addresses for names that Docker does not know. */
export const VIRTUAL_CIDR = '240.240.0.0/16';
