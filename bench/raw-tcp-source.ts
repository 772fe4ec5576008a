import { createServer } from 'node:net';

/** The server behind the proxies of the raw TCP comparison: bytes without end to whoever connects to 9110. */
const CHUNK = Buffer.alloc(256 * 1024, 'lateen');

createServer((socket) => {
  const fill = () => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on('error', () => socket.destroy());
  socket.on('drain', fill);
  fill();
}).listen(9110, '127.0.0.1');
