/** Why bytes were refused; stable, so that logs and tests can name it. */
export type ProtocolErrorCode =
  | 'bad_request_line'
  | 'bad_status_line'
  | 'bad_method'
  | 'bad_target'
  | 'bad_version'
  | 'bad_header'
  | 'bad_host'
  | 'bad_content_length'
  | 'bad_transfer_encoding'
  | 'bad_chunk'
  | 'bad_proxy_header'
  | 'bare_line_feed'
  | 'head_too_large'
  | 'head_too_slow'
  | 'too_many_headers'
  | 'unexpected_bytes'
  | 'unexpected_end'
  // HTTP/2: what its own error codes say (RFC 9113 §7).
  | 'h2_protocol'
  | 'h2_flow_control'
  | 'h2_stream_closed'
  | 'h2_frame_size'
  | 'h2_compression'
  | 'h2_flood';

/** The only thing that a codec throws: the peer broke the protocol. The connection cannot go on. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** What a server answers before it closes. */
  readonly status: number;

  constructor(code: ProtocolErrorCode, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
