import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';

/** More than any proxy says to a CONNECT. */
const MAX_HEAD_BYTES = 16 * 1024;
const END_OF_HEAD = '\r\n\r\n';

/**
 * Asks the proxy at the other end for a connection to `target` (RFC 9110 §9.3.6; DestinationRule `tunnel`). What came
 * behind its answer is still to be read from the socket, which is paused.
 * @param onDone `why` = '' for a tunnel that is open
 */
export function openTunnel(
  proxy: Socket,
  target: string,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
  onDone: (why: string) => void,
): void {
  let head = Buffer.alloc(0);
  const stop = (why: string) => {
    cancelTimer();
    proxy.pause();
    proxy.off('data', onData).off('end', onEnd).off('close', onEnd);
    onDone(why);
  };
  const onEnd = () => stop('the proxy closed the connection');
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) stop('the proxy gave no answer to CONNECT');
      return;
    }
    const rest = head.subarray(end + END_OF_HEAD.length);
    const line = head.latin1Slice(0, head.indexOf('\r\n'));
    const isOpen = /^HTTP\/1\.[01] 2[0-9][0-9](?: |$)/.test(line);
    if (isOpen && rest.length > 0) {
      proxy.off('data', onData);
      proxy.unshift(rest);
    }
    stop(isOpen ? '' : `the proxy refused CONNECT: ${line}`);
  };
  const cancelTimer = clock.after(limitMs, () => stop('the proxy gave no answer to CONNECT in time'));
  proxy.on('error', () => proxy.destroy());
  proxy.on('data', onData).on('end', onEnd).on('close', onEnd);
  proxy.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
}
