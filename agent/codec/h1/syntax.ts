/** Character classes and limits of HTTP/1.1 (RFC 9110 §5.6, RFC 9112 §2). */

/** Envoy's default for `max_request_headers_kb`. */
export const MAX_HEAD_BYTES = 60 * 1024;
/** Envoy's default for `max_headers_count`. */
export const MAX_HEADERS = 100;
/** Extensions of one chunk; they mean nothing to a proxy. */
export const MAX_CHUNK_LINE_BYTES = 4096;

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const isTokenCode = new Uint8Array(256);
for (const character of TOKEN_CHARACTERS) isTokenCode[character.charCodeAt(0)] = 1;

/** `token` of RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isTokenCode[text.charCodeAt(i)] !== 1) return false;
  return text.length > 0;
}

/**
 * Whole lines without controls but tab, so without CR or LF alone (RFC 9112 §2.2). Said as what is allowed, since one
 * run over a line costs a third of looking for several forbidden things at each place; a test per value costs more.
 */
export const HEAD_LINES = /^(?:[^\0-\x08\x0a-\x1f\x7f]*\r\n)*$/;

/** Bytes of a request target: no space, no control (RFC 9112 §3.2); bytes above 0x7f pass, as with Envoy. */
export const FORBIDDEN_IN_TARGET = /[\0-\x20\x7f]/;

/** A host with or without port (RFC 3986 §3.2 without userinfo, which only serves to deceive); may be empty. */
export const AUTHORITY = /^[a-zA-Z0-9._~!$&'()*+,;=:%[\]-]*$/;

/** Methods that Envoy's codec knows; any other, and any in lower case, is refused with 400. */
export const METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  ...[
    'ACL',
    'BIND',
    'CHECKOUT',
    'COPY',
    'LINK',
    'LOCK',
    'MERGE',
    'MKACTIVITY',
    'MKCALENDAR',
    'MKCOL',
    'MOVE',
  ],
  ...['M-SEARCH', 'NOTIFY', 'PROPFIND', 'PROPPATCH', 'PURGE', 'REBIND', 'REPORT', 'SEARCH', 'SOURCE'],
  ...['SUBSCRIBE', 'UNBIND', 'UNLINK', 'UNLOCK', 'UNSUBSCRIBE'],
]);
