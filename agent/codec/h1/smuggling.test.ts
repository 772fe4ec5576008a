import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRequests, waysToFeed } from './testing/transcript.ts';

/** Requests that two parsers might read differently, each with a second one hidden in it. None may pass. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nhost: h\r\n\r\n';
const HOST = 'host: a\r\n';
const CHUNKED = 'transfer-encoding: chunked\r\n';
const EMPTY = '0\r\n\r\n';

const post = (headers: string, body = '') => `POST / HTTP/1.1\r\n${HOST}${headers}\r\n${body}${HIDDEN}`;
const get = (headers: string) => `GET / HTTP/1.1\r\n${headers}\r\n${HIDDEN}`;
const line = (requestLine: string) => `${requestLine}\r\n${HOST}\r\n${HIDDEN}`;
const chunked = (body: string) => post(CHUNKED, body);

type Attack = readonly [title: string, text: string, status?: number];

const FRAMING: Attack[] = [
  ['length, then chunks', post(`content-length: 5\r\n${CHUNKED}`, EMPTY)],
  ['chunks, then length', post(`${CHUNKED}content-length: 5\r\n`, EMPTY)],
  ['chunks with a length of 0', post(`${CHUNKED}content-length: 0\r\n`, EMPTY)],
  ['chunks twice', post(CHUNKED + CHUNKED, EMPTY)],
  ['chunks and another encoding', post(`${CHUNKED}transfer-encoding: identity\r\n`, EMPTY), 501],
  ['identity', post('transfer-encoding: identity\r\n', EMPTY), 501],
  ['gzip, chunked', post('transfer-encoding: gzip, chunked\r\n', EMPTY), 501],
  ['chunked, identity', post('transfer-encoding: chunked, identity\r\n', EMPTY), 501],
  ['chunked, chunked', post('transfer-encoding: chunked, chunked\r\n', EMPTY), 501],
  ['a comma before chunked', post('transfer-encoding: ,chunked\r\n', EMPTY), 501],
  ['a comma behind chunked', post('transfer-encoding: chunked,\r\n', EMPTY), 501],
  ['xchunked', post('transfer-encoding: xchunked\r\n', EMPTY), 501],
  ['chunked in quotes', post('transfer-encoding: "chunked"\r\n', EMPTY), 501],
  ['chunked with a parameter', post('transfer-encoding: chunked;q=1\r\n', EMPTY), 501],
  ['an empty encoding', post('transfer-encoding:\r\n', EMPTY), 501],
  ['chunked behind a no-break space', post('transfer-encoding:\xa0chunked\r\n', EMPTY), 501],
  ['chunked behind a vertical tab', post('transfer-encoding: \x0bchunked\r\n', EMPTY)],
  ['chunked behind a form feed', post('transfer-encoding: \x0cchunked\r\n', EMPTY)],
  ['a blank before the colon', post('transfer-encoding : chunked\r\n', EMPTY)],
  ['a tab before the colon', post('transfer-encoding\t: chunked\r\n', EMPTY)],
  ['a NUL before the colon', post('transfer-encoding\0: chunked\r\n', EMPTY)],
  ['a blank before the name', post(' transfer-encoding: chunked\r\n', EMPTY)],
  ['folded', post('transfer-encoding:\r\n chunked\r\n', EMPTY), 501],
  ['folded by a tab', post('transfer-encoding:\r\n\tchunked\r\n', EMPTY), 501],
  ['a bare line feed before the name', post('x: y\ntransfer-encoding: chunked\r\n', EMPTY)],
  ['a bare carriage return before the name', post('x: y\rtransfer-encoding: chunked\r\n', EMPTY)],
  ['two carriage returns', post('x: y\r\r\ntransfer-encoding: chunked\r\n', EMPTY)],
  ['chunks in HTTP/1.0', `POST / HTTP/1.0\r\n${CHUNKED}\r\n${EMPTY}${HIDDEN}`],
  ['chunks of a CONNECT', `CONNECT b:1 HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${EMPTY}${HIDDEN}`, 501],
  ['a body of a CONNECT', `CONNECT b:1 HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello${HIDDEN}`],
];

const LENGTHS: Attack[] = [
  ...['+5', '-5', '5 5', '5,5', '5, 6', '0x5', '5.0', '5e0', '', 'five', '5;', "'5'", '\xb2'].map(
    (value): Attack => [`length ${value}`, post(`content-length: ${value}\r\n`, 'hello')],
  ),
  ['length beyond what a number holds', post('content-length: 99999999999999999999\r\n', 'hello')],
  ['length of 2^53', post('content-length: 9007199254740992\r\n', 'hello')],
  ['two equal lengths', post('content-length: 5\r\ncontent-length: 5\r\n', 'hello')],
  ['two lengths', post('content-length: 5\r\ncontent-length: 0\r\n', 'hello')],
  ['a blank before the colon of a length', post('content-length : 5\r\n', 'hello')],
];

const CHUNKS: Attack[] = [
  ...[
    '0x5',
    '+5',
    '-5',
    '5 ',
    ' 5',
    '5\t',
    '5,',
    '',
    ';',
    'g',
    '5 5',
    '5:',
    '\0' + '5',
    '5\0',
    '_5',
    '5h',
  ].map((size): Attack => [`chunk size ${JSON.stringify(size)}`, chunked(`${size}\r\nhello\r\n${EMPTY}`)]),
  ['chunk size of 2^64 + 5', chunked(`10000000000000005\r\nhello\r\n${EMPTY}`)],
  ['a chunk size with endless zeros', chunked(`${'0'.repeat(5000)}5\r\nhello\r\n${EMPTY}`)],
  ['a size line that ends in a line feed', chunked(`5\nhello\r\n${EMPTY}`)],
  ['a size line that ends in a carriage return', chunked(`5\rhello\r\n${EMPTY}`)],
  ['a line feed in an extension', chunked(`5;a\nb\r\nhello\r\n${EMPTY}`)],
  ['a carriage return in an extension', chunked(`5;a\rb\r\nhello\r\n${EMPTY}`)],
  ['a NUL in an extension', chunked(`5;a\0b\r\nhello\r\n${EMPTY}`)],
  ['data longer than its size', chunked(`4\r\nhello\r\n${EMPTY}`)],
  ['data shorter than its size', chunked(`6\r\nhello\r\n${EMPTY}`)],
  ['data that ends in a line feed', chunked(`5\r\nhello\n${EMPTY}`)],
  ['a last chunk that ends in a line feed', chunked(`5\r\nhello\r\n0\n\r\n`)],
  ['an end of a line feed', chunked('0\r\n\n')],
  ['a folded trailer', chunked('0\r\nx: a\r\n b\r\n\r\n')],
  ['a trailer without colon', chunked('0\r\nx\r\n\r\n')],
  ['a length among the trailers', chunked('0\r\ncontent-length: 5\r\n\r\n')],
  ['an encoding among the trailers', chunked(`0\r\n${CHUNKED}\r\n`)],
  ['a host among the trailers', chunked('0\r\nhost: b\r\n\r\n')],
  ['a connection header among the trailers', chunked('0\r\nconnection: close\r\n\r\n')],
];

const HEADS: Attack[] = [
  ['no host', get('')],
  ['two hosts', get('host: a\r\nhost: b\r\n')],
  ['two equal hosts', get('host: a\r\nHost: a\r\n')],
  ...[
    'a/b',
    'a?b',
    'a#b',
    'u@a',
    'a b',
    'a\tb',
    'a\\b',
    '<a>',
    '"a"',
    'a{',
    'a|b',
    'a^b',
    'a`b',
    '\xe9',
    'http://a/',
  ].map((host): Attack => [`host ${JSON.stringify(host)}`, get(`host: ${host}\r\n`)]),
  ['an absolute target with userinfo', line('GET http://u@b/ HTTP/1.1')],
  ['an absolute target with a broken authority', line('GET http://b\\c/ HTTP/1.1')],
  ['an absolute target without authority', line('GET http:///p HTTP/1.1')],
  ['another scheme', line('GET ftp://b/ HTTP/1.1')],
  ['a target without slash', line('GET p HTTP/1.1')],
  ['* for another method', line('GET * HTTP/1.1')],
  ['a CONNECT of a path', line('CONNECT / HTTP/1.1')],
  ['a CONNECT without port', line('CONNECT b HTTP/1.1')],
  ['a blank within the target', line('GET /a b HTTP/1.1')],
  ['a tab within the target', line('GET /a\tb HTTP/1.1')],
  ['a NUL within the target', line('GET /a\0b HTTP/1.1')],
  ['DEL within the target', line('GET /a\x7fb HTTP/1.1')],
  ['two blanks before the target', line('GET  / HTTP/1.1')],
  ['two blanks before the version', line('GET /  HTTP/1.1')],
  ['a blank behind the version', line('GET / HTTP/1.1 ')],
  ['tabs for blanks', line('GET\t/\tHTTP/1.1')],
  ['a blank before the method', line(' GET / HTTP/1.1')],
  ['no version', line('GET /')],
  ['an empty request line', line('  ')],
  ['a lower-case method', line('get / HTTP/1.1')],
  ['an unknown method', line('FETCH / HTTP/1.1')],
  ['a version in lower case', line('GET / http/1.1')],
  ['a version of two digits', line('GET / HTTP/1.10')],
  ['a version with a plus', line('GET / HTTP/1.+1')],
  ['HTTP/1.2', line('GET / HTTP/1.2'), 505],
  ['HTTP/0.9', line('GET / HTTP/0.9'), 505],
  ['HTTP/2.0', line('GET / HTTP/2.0'), 505],
  ['HTTP/3', line('GET / HTTP/3'), 505],
  ['line feeds alone', `GET / HTTP/1.1\nhost: a\n\n${HIDDEN}`],
  ['a line feed behind the request line', `GET / HTTP/1.1\nhost: a\r\n\r\n${HIDDEN}`],
  ['an empty header name', get('host: a\r\n: b\r\n')],
  ['a header without colon', get('host: a\r\nfoo\r\n')],
  ['a blank in a header name', get('host: a\r\nx y: z\r\n')],
  ['a bracket in a header name', get('host: a\r\nx[y]: z\r\n')],
  ['a high byte in a header name', get('host: a\r\nx\xe9: z\r\n')],
  ['a NUL in a header value', get('host: a\r\nx: a\0b\r\n')],
  ['a control character in a header value', get('host: a\r\nx: a\x01b\r\n')],
  ['DEL in a header value', get('host: a\r\nx: a\x7fb\r\n')],
  ['a folded host', get('host:\r\n a\r\n')],
  ['a first header that begins with a blank', get(' x: y\r\nhost: a\r\n')],
  ['TLS where HTTP is spoken', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
];

describe('what could be read in two ways is refused, however its bytes are cut', () => {
  for (const [group, attacks] of Object.entries({ FRAMING, LENGTHS, CHUNKS, HEADS })) {
    test(`${group.toLowerCase()}: ${attacks.length} requests`, () => {
      for (const [title, text, status = 400] of attacks) {
        for (const [how, chunks] of waysToFeed(text)) {
          const transcript = readRequests(chunks);
          assert.equal(transcript.at(-1), `refused ${status}`, `${title}, ${how}`);
          assert.ok(!transcript.join().includes('/hidden @h'), `${title}, ${how}`);
        }
      }
    });
  }
});
