import type { ExchangeRecord } from '../exchange/record.ts';

/** A call that failed, as its proxy tells it. */
export function exchangeRecord(change: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    ...{ side: 'client', startedAtMs: 0, durationMs: 3.4, method: 'GET', path: '/a?b=c', sentPath: '/a?b=c' },
    ...{ authority: 'reviews:9080', scheme: 'http', protocol: 'HTTP/1.1' },
    ...{
      status: 503,
      flags: 'URX,UF',
      details: 'why',
      routeName: 'default',
      rule: '',
      cluster: 'outbound|9080||reviews',
    },
    ...{
      upstream: '10.0.0.2:9080',
      upstreamLocalAddress: '10.0.0.1:7',
      upstreamServiceMs: null,
      attempts: 3,
    },
    ...{ bytesReceived: 0, bytesSent: 91, transportFailure: '' },
    ...{ remoteAddress: '10.0.0.1:5', localAddress: '10.0.0.2:9080', serverName: '' },
    ...{ peerIdentity: '', ownIdentity: '', hostname: 'productpage', requestId: 'id', grpcStatus: '' },
    requestHeaders: ['User-Agent', 'curl', 'x-team', 'blue'],
    responseHeaders: ['X-Color', 'red'],
    responseTrailers: [],
    ...change,
  };
}
