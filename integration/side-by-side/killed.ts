// A test process that is killed in the middle: everything that a mesh may have is there, and a request has gone through it.
import { DockerComposeEnvironment, GenericContainer, Wait } from 'testcontainers';
import { LateenMesh } from '../../testcontainers/testcontainers.ts';

const [folder = ''] = process.argv.slice(2);
const mesh = await new LateenMesh().withGateway().start();
const shop = mesh.join(
  new GenericContainer('lateen-integration-app')
    .withEnvironment({ NAME: 'shop' })
    .withExposedPorts(7070)
    .withWaitStrategy(Wait.forListeningPorts()),
  { app: 'shop', ports: 'http:8080', labels: { 'traffic.sidecar.istio.io/excludeInboundPorts': '7070' } },
);
const compose = mesh.join(new DockerComposeEnvironment(folder, 'compose.yml'));
const [caller] = await Promise.all([shop.start(), compose.up()]);
const answer = await fetch(`http://${caller.getHost()}:${caller.getMappedPort(7070)}/`, {
  method: 'POST',
  body: JSON.stringify({ url: 'http://reviews:8080/', times: 1 }),
});
process.stdout.write(`${mesh.id} ${JSON.stringify(await answer.json())}\n`);
setInterval(() => {}, 1000);
