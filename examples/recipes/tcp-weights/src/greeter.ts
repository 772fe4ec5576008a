// A service that speaks no HTTP: it greets whoever connects with its version, then repeats each line. As of a database
// or a mail server, the first word is the server's.
import { createServer } from 'node:net';

const version = process.env['SERVICE_VERSION'] ?? 'v1';

createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(`greeter ${version}\n`);
  socket.on('data', (chunk) => socket.write(chunk));
}).listen(9000);
