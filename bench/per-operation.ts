/**
 * Nanoseconds per call of hot functions, for the `*.bench.ts` beside them: `node agent/policy/route-table.bench.ts`.
 * The median of several rounds; compare runs of one machine in one hour only.
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

function nanosecondsPerCall(operation: () => unknown): number {
  const calls = callsPerRound(operation);
  const rounds = Array.from({ length: ROUNDS }, () => runRound(operation, calls) / calls).sort(
    (a, b) => a - b,
  );
  return rounds[ROUNDS >> 1] as number;
}

/** Also warms it up. */
function callsPerRound(operation: () => unknown): number {
  let calls = 1;
  while (runRound(operation, calls) < ROUND_MS * 1e6) calls *= 2;
  return calls;
}

function runRound(operation: () => unknown, calls: number): number {
  const started = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) sink = operation();
  return Number(process.hrtime.bigint() - started);
}
