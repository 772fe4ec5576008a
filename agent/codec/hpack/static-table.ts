/** The static table of HPACK (RFC 7541 appendix A), and the shape of an entry of both tables. */

/** RFC 7541 §4.1. */
export const ENTRY_OVERHEAD_BYTES = 32;

export class TableEntry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
  /** Name and value may stand in an HTTP message (RFC 9113 §8.2.1); entries that may not are kept in step all the same. */
  readonly isValid: boolean;

  constructor(name: string, value: string, isValid: boolean) {
    this.name = name;
    this.value = value;
    this.size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.isValid = isValid;
  }
}

const FIELDS: readonly (readonly [name: string, value?: string])[] = [
  [':authority'],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset'],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language'],
  ['accept-ranges'],
  ['accept'],
  ['access-control-allow-origin'],
  ['age'],
  ['allow'],
  ['authorization'],
  ['cache-control'],
  ['content-disposition'],
  ['content-encoding'],
  ['content-language'],
  ['content-length'],
  ['content-location'],
  ['content-range'],
  ['content-type'],
  ['cookie'],
  ['date'],
  ['etag'],
  ['expect'],
  ['expires'],
  ['from'],
  ['host'],
  ['if-match'],
  ['if-modified-since'],
  ['if-none-match'],
  ['if-range'],
  ['if-unmodified-since'],
  ['last-modified'],
  ['link'],
  ['location'],
  ['max-forwards'],
  ['proxy-authenticate'],
  ['proxy-authorization'],
  ['range'],
  ['referer'],
  ['refresh'],
  ['retry-after'],
  ['server'],
  ['set-cookie'],
  ['strict-transport-security'],
  ['transfer-encoding'],
  ['user-agent'],
  ['vary'],
  ['via'],
  ['www-authenticate'],
];

/** Index 1 to 61; 0 is no entry. */
export const STATIC_TABLE: readonly TableEntry[] = ['' as const, ...FIELDS].map((field) =>
  field === '' ? new TableEntry('', '', false) : new TableEntry(field[0], field[1] ?? '', true),
);

export const STATIC_COUNT = FIELDS.length;
