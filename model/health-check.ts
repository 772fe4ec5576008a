/** An active check of the application behind a sidecar, which its own agent makes (label `lateen.healthcheck`). */
export interface HealthCheckSpec {
  /** `http` = GET `path` answers 200 to 399, as Kubernetes' probes; `tcp` = a connection can be made. */
  readonly kind: 'http' | 'tcp';
  readonly port: number;
  /** '' for tcp. */
  readonly path: string;
  readonly intervalMs: number;
  /** Failures in a row after which it gets no more traffic; one success brings it back. */
  readonly failures: number;
}
