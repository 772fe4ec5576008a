import type { ResponseFlag } from '../../model/response-flag.ts';
import type { AttemptOutcome } from '../policy/retry.ts';
import type { UpstreamFailure } from './streams.ts';

/** What a failure means to the retry policy. */
export function outcomeOf(failure: UpstreamFailure): AttemptOutcome {
  switch (failure.kind) {
    case 'connect-failure':
      return { kind: 'connect-failure' };
    case 'overflow':
      return { kind: 'overflow' };
    case 'reset':
      return { kind: 'reset', isUnsent: failure.isUnprocessed };
    case 'refused-stream':
      return { kind: 'refused-stream' };
    case 'remote-reset':
    case 'protocol-error':
      return { kind: 'reset', isUnsent: false };
  }
}

/** Flag and reason of an answer that breaks off. */
export function lateFailure({ kind }: UpstreamFailure): readonly [ResponseFlag, string] {
  switch (kind) {
    case 'remote-reset':
    case 'refused-stream':
      return ['UR', 'remote_reset'];
    case 'protocol-error':
      return ['UPE', 'protocol_error'];
    default:
      return ['UC', 'connection_termination'];
  }
}
