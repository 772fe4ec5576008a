import { connect } from 'node:net';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Clock } from '../../base/clock.ts';
import type { HealthCheckSpec } from '../../model/health-check.ts';
import { request } from '../admin/node-http.ts';

/** Longer than this no answer is waited for, however long the interval. */
const MAX_WAIT_MS = 5000;

/** Whether the application at an address passes; never throws. */
export type Probe = (check: HealthCheckSpec, address: string) => Promise<boolean>;

export interface HealthWatch {
  /** From now on this check is made; undefined = none. */
  want(check: HealthCheckSpec | undefined, address: string): void;
}

export interface HealthWatchDeps {
  readonly clock: Clock;
  /** For tests. */
  readonly probe?: Probe;
  readonly onChange: (isFailing: boolean) => void;
}

/**
 * Active health checks of the application beside this agent: from its own namespace, past the capture and past mutual
 * TLS. What it finds is told to the controller, and so reaches every caller.
 */
export function watchHealth({ clock, probe = probeApplication, onChange }: HealthWatchDeps): HealthWatch {
  let wanted = '';
  let failures = 0;
  let isFailing = false;
  const tell = (now: boolean) => {
    if (now === isFailing) return;
    isFailing = now;
    onChange(now);
  };
  const look = async (check: HealthCheckSpec, address: string, key: string) => {
    const hasPassed = await probe(check, address);
    if (wanted !== key) return;
    failures = hasPassed ? 0 : failures + 1;
    if (hasPassed) tell(false);
    else if (failures >= check.failures) tell(true);
    clock.after(check.intervalMs, () => {
      if (wanted === key) void look(check, address, key);
    });
  };
  return {
    want(check, address) {
      const key = check === undefined ? '' : `${address} ${canonicalJson(check)}`;
      if (key === wanted) return;
      wanted = key;
      failures = 0;
      if (check === undefined) tell(false);
      else void look(check, address, key);
    },
  };
}

const probeApplication: Probe = (check, address) =>
  check.kind === 'http' ? probeHttp(check, address) : probeTcp(check, address);

function probeHttp({ port, path, intervalMs }: HealthCheckSpec, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { 'user-agent': 'lateen-healthcheck', connection: 'close' };
    const sent = request({ host: address, port, path, headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
      response.destroy();
    });
    sent.on('error', () => resolve(false));
    sent.setTimeout(Math.min(intervalMs, MAX_WAIT_MS), () => sent.destroy(new Error('no answer in time')));
    sent.end();
  });
}

function probeTcp({ port, intervalMs }: HealthCheckSpec, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (hasPassed: boolean) => {
      resolve(hasPassed);
      socket.destroy();
    };
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
    socket.setTimeout(Math.min(intervalMs, MAX_WAIT_MS), () => settle(false));
  });
}
