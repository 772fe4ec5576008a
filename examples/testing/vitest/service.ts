import { GenericContainer, Wait } from 'testcontainers';

/** Answers with its version; `/ask?URL` asks a URL and answers with what came. */
const PROGRAM = `
  require('node:http').createServer(async (request, response) => {
    const [path, url] = request.url.split('?');
    if (path !== '/ask') return response.end(process.env.VERSION);
    const answer = await fetch(url);
    response.writeHead(answer.status).end(await answer.text());
  }).listen(8080, () => console.log('listens'));
`;

/** In your tests this is your own image. */
export const service = (version: string) =>
  new GenericContainer('node:26-trixie-slim')
    .withCommand(['node', '-e', PROGRAM])
    .withEnvironment({ VERSION: version })
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forLogMessage('listens'));
