import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Kernel ticks per second, the unit of times in `/proc/PID/stat` (sysconf(_SC_CLK_TCK); 100 on Linux). */
const TICKS_PER_SECOND = 100;

export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program and waits until its port takes connections. */
export async function start(
  command: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const [program, ...args] = command;
  if (await takesConnections(port)) throw new Error(`port ${port} is in use: ${program} cannot be measured`);
  const child = spawn(program ?? '', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  for (let tries = 0; !(await takesConnections(port)); tries++) {
    if (tries > 200 || child.exitCode !== null)
      throw new Error(`${program} did not open port ${port}: ${words}`);
    await sleep(50);
  }
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // nginx's master must take its workers along: killed at once it would leave them on their ports.
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(timer);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** User and system time that a process has used so far, in microseconds; nginx's worker counts, not its master. */
export function cpuMicros(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + ownCpuMicros(each), 0);
}

function ownCpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Resident and private (own, not shared with other processes) memory in MB. */
export function memoryMb(pid: number): { readonly resident: number; readonly private: number } {
  const total = { resident: 0, private: 0 };
  for (const each of [pid, ...childrenOf(pid)]) {
    const text = readFileSync(`/proc/${each}/smaps_rollup`, 'utf8');
    const kb = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    total.resident += kb('Rss') / 1024;
    total.private += (kb('Private_Clean') + kb('Private_Dirty')) / 1024;
  }
  return total;
}
