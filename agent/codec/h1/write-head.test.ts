import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY_NOT_TOLD, type RequestHead } from '../head.ts';
import { encodeRequestHead } from './write-head.ts';

function request(method: string): RequestHead {
  return {
    ...{ method, path: '/', authority: 'shop', version: 'HTTP/1.1', headers: [], upgrade: '' },
    ...{ contentLength: BODY_NOT_TOLD, expectContinue: false },
  };
}

test('a request without a body tells its length where its method could have one', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    assert.match(encodeRequestHead(request(method)), /\r\ncontent-length: 0\r\n/, method);
  }
  for (const method of ['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']) {
    assert.doesNotMatch(encodeRequestHead(request(method)), /content-length/, method);
  }
});
