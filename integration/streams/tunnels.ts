/**
 * Doors from the host into a container of the mesh: what connects to one of its ports is passed on, byte by byte, as a
 * connection of this container. So real clients run in the tests, and their calls still leave through an agent.
 * TUNNELS: `7071=istio-ingressgateway:8080,7072=…`; the ports are excluded from capture.
 */
import { connect, createServer } from 'node:net';

for (const tunnel of (process.env['TUNNELS'] ?? '').split(',').filter(Boolean)) {
  const [door = '', host = '', port = ''] = tunnel.split(/[=:]/);
  createServer({ allowHalfOpen: true, noDelay: true }, (outside) => {
    const inside = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    outside.pipe(inside);
    inside.pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.resetAndDestroy());
    outside.on('close', () => inside.destroy());
    inside.on('close', () => outside.destroy());
  }).listen(Number(door));
}
