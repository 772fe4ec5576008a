import { loadScenarios } from '../vectors/load-scenarios.ts';
import { writeDocuments } from './vectors/documents.ts';
import { EngineMesh } from './vectors/engine-mesh.ts';

const e = await EngineMesh.start();
const s = loadScenarios().find((x) => x.name === (process.argv[2] ?? 'gateways/hosts'))!;
await e.apply(writeDocuments(s, (n) => e.addressOf(n)));
console.log(e.addressOf('gate'), e.addressOf('outside'), e.addressOf('lateen-controller'));
await new Promise((r) => setTimeout(r, Number(process.argv[3] ?? 400) * 1000));
await e[Symbol.asyncDispose]();
