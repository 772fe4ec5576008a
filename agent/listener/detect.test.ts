import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectProtocol } from './detect.ts';

const detect = (text: string) => detectProtocol(Buffer.from(text, 'latin1'));

test('a request line is HTTP/1', () => {
  assert.equal(detect('GET / HTTP/1.1\r\n'), 'http1');
  assert.equal(detect('CONNECT shop:443 HTTP/1.0\r\n'), 'http1');
  assert.equal(detect('GET /is this one? HTTP/1.1\r\n'), 'http1', 'the codec says what is wrong with it');
  assert.equal(detect(`GET /${'long'.repeat(4000)}`), 'http1', 'so long that it is left to the codec');
});

test('a word that is a method too makes no HTTP: the line has to name the version', () => {
  assert.equal(detect('GET key\r\n'), 'tcp');
  assert.equal(detect('GET /key\r\nGET / HTTP/1.1\r\n'), 'tcp');
  assert.equal(detect('COPY from to\n'), 'tcp');
  assert.equal(detect('DELETE /a'), 'unknown');
  assert.equal(detect('DELETE /a HTTP/1.1\r'), 'unknown');
});

test('on a port that is declared HTTP the method is enough', () => {
  assert.equal(detectProtocol(Buffer.from('DELETE /a'), false), 'http1');
  assert.equal(detectProtocol(Buffer.from('PRI * HT'), false), 'unknown');
});

test('the preface is HTTP/2, and only all of it', () => {
  assert.equal(detect('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes'), 'http2');
  assert.equal(detect('PRI * HT'), 'unknown');
});

test('a client hello is TLS', () => {
  assert.equal(detect('\x16\x03\x01\x02\x00'), 'tls');
  assert.equal(detect('\x16'), 'unknown');
  assert.equal(detect('\x16abc'), 'tcp');
});

test('the beginning of a method may become HTTP, other bytes will not', () => {
  assert.equal(detect('GE'), 'unknown');
  assert.equal(detect(''), 'unknown');
  assert.equal(detect('get / HTTP/1.1'), 'tcp');
  assert.equal(detect('*1\r\n$4\r\nPING\r\n'), 'tcp');
  assert.equal(detect('\0\0\0\x08\x04\xd2\x16\x2f'), 'tcp');
});
