// `node console/testing/serve.ts [bookinfo|large|empty] [PORT]`: the built console with a fixture behind it, to look at.
import { join } from 'node:path';
import { bookinfoMesh, type FixtureMesh, largeMesh } from './fixture-mesh.ts';
import { fixtureAnswers, startStubServer } from './stub-server.ts';

const EMPTY: FixtureMesh = { nodes: [], edges: [], services: [], workloads: [], routes: [] };
const meshes = { bookinfo: bookinfoMesh, large: largeMesh, empty: () => EMPTY };
const [name = 'bookinfo', port = '20001'] = process.argv.slice(2);
const mesh = meshes[name as keyof typeof meshes]();
const pages = join(import.meta.dirname, '../../dist/console');
const { url } = await startStubServer(pages, fixtureAnswers(mesh), Number(port));
console.log(url);
