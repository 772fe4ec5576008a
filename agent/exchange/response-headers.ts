import type { ResponseHead } from '../codec/head.ts';
import { getHeader, removeHeader, setHeader } from '../policy/headers.ts';
import type { Exchange } from './exchange-view.ts';
import { SERVER_NAME } from './request-headers.ts';

const DECORATOR = 'x-envoy-decorator-operation';

/** What every answer gets last, so that no header operation of a route can take it off (ISTIO.md §8). */
export function finishResponse(exchange: Exchange, { headers }: ResponseHead): void {
  const { direction, services, node } = exchange.pipeline;
  const name = node.headers?.server ?? SERVER_NAME[direction];
  // The inbound side passes an application's own name on (server_header_transformation PASS_THROUGH).
  if (name !== '' && (direction !== 'inbound' || getHeader(headers, 'server') === undefined))
    setHeader(headers, 'server', name);
  if (getHeader(headers, 'date') === undefined) headers.push('date', services.httpDate());
  if (direction !== 'inbound') removeHeader(headers, DECORATOR);
  else if (exchange.operation === null && exchange.decorator !== '')
    setHeader(headers, DECORATOR, exchange.decorator);
}
