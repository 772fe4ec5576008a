/**
 * Nanoseconds per call of hot functions, for the `*.bench.ts` beside them: `node agent/policy/route-table.bench.ts`.
 * CPU time of the best of several rounds: so whatever else the machine does disturbs it least.
 */
const ROUNDS = 9;
const ROUND_MS = 60;

/** What a benchmark makes lands here, so that no engine can leave the work out. */
let sink: unknown;

export function measure(operations: Readonly<Record<string, () => unknown>>): void {
  const names = Object.keys(operations);
  const width = Math.max(...names.map((name) => name.length));
  for (const name of names) {
    const perCall = nanosecondsPerCall(operations[name] as () => unknown);
    console.log(`${name.padEnd(width)}  ${perCall.toFixed(perCall < 100 ? 1 : 0).padStart(8)} ns`);
  }
  if (sink === measure) console.log(sink);
}

export function nanosecondsPerCall(operation: () => unknown): number {
  const calls = callsPerRound(operation);
  return Math.min(...Array.from({ length: ROUNDS }, () => runRound(operation, calls) / calls));
}

/** Also warms it up. */
function callsPerRound(operation: () => unknown): number {
  let calls = 1;
  while (runRound(operation, calls) < ROUND_MS * 1e6) calls *= 2;
  return calls;
}

function runRound(operation: () => unknown, calls: number): number {
  const started = process.threadCpuUsage();
  for (let call = 0; call < calls; call++) sink = operation();
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) * 1000;
}
