import { here, measure, type Peer, startBackend } from './one-hop.ts';
import { markdownTable, median } from './table.ts';

const program = here('one-hop-proxy.ts');
const FEW: Peer = { name: 'few', features: '', port: 9104, command: [process.execPath, program] };
const MANY: Peer = { name: 'many', features: '', port: 9105, command: [process.execPath, program, 'many'] };

/** What 100 VirtualServices of 20 rules each cost a request that the last rule of the last one takes. */
export async function benchManyRules(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const few: number[] = [];
  const many: number[] = [];
  const backend = await startBackend(programs);
  try {
    for (let round = 0; round < rounds; round++) {
      console.error(`  many rules, round ${round + 1} of ${rounds}`);
      few.push((await measure(FEW, seconds)).cpuPerRequest);
      many.push((await measure(MANY, seconds, 'host-99.example.com')).cpuPerRequest);
    }
  } finally {
    await backend.stop();
  }
  const rows = [
    { what: 'one VirtualService, 3 rules: CPU µs/request', value: median(few) },
    { what: '100 VirtualServices of 20 rules, the last one taken: CPU µs/request', value: median(many) },
    { what: 'the second against the first', value: median(many) / median(few) },
  ];
  const table = markdownTable([
    ['rules on the way of a request', ''],
    ...rows.map(({ what, value }) => [what, value.toFixed(2)]),
  ]);
  return { table, rows };
}
