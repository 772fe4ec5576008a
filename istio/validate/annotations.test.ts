import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCacheAnnotation } from '../cache-annotation.ts';
import { testFaults } from '../testing/assert-faults.ts';
import { documentOf, read } from '../testing/read-text.ts';

const spec = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] };
const cached = (text: string) => ({ name: 'a', annotations: { 'lateen.cache': text } });
const Ki = 1024;
const Mi = 1024 * Ki;

describe('the annotation lateen.cache', () => {
  testFaults('VirtualService', [['is taken', spec]], cached('64Mi,1Mi'));
  testFaults(
    'VirtualService',
    [['is refused', spec, /^Error metadata.annotations\["lateen.cache"\]: invalid cache "lots"$/]],
    cached('lots'),
  );

  it('is told with line and remedy where it is wrong', () => {
    const [violation] = read(documentOf('VirtualService', spec, cached('yes'))).violations;
    assert.equal(violation?.line, 6);
    assert.match(violation?.remedy ?? '', /"true", "false", "disk", or .* "64Mi,1Mi"/);
  });

  it('is told to have no effect on a delegate', () => {
    const [violation, ...others] = read(
      documentOf('VirtualService', { http: spec.http }, cached('true')),
    ).violations;
    assert.deepEqual([violation?.code, violation?.severity, others], ['LAT0005', 'Warning', []]);
  });

  const entry = (protocol: string) => ({
    ...{ hosts: ['api.example'], resolution: 'DNS' },
    ports: [{ number: 443, name: 'a', protocol }],
  });
  testFaults('ServiceEntry', [['is taken', entry('HTTP')]], cached('disk'));

  it('is told to have no effect on what TLS hides', () => {
    const { violations } = read(documentOf('ServiceEntry', entry('TLS'), cached('disk')));
    assert.deepEqual(
      violations.map(({ code, message }) => [code, message]),
      [['LAT0005', 'the cache of a host without HTTP has no effect']],
    );
    assert.match(violations[0]?.remedy ?? '', /lateen egress HOST --originate-tls/);
  });

  const cases: readonly (readonly [text: string, limits: readonly unknown[] | null | undefined])[] = [
    ['true', [32 * Mi, Mi, false]],
    ['disk', [256 * Mi, 4 * Mi, true]],
    ['disk:1Gi,8Mi', [1024 * Mi, 8 * Mi, true]],
    ['disk:2Mi', [2 * Mi, 2 * Mi, true]],
    ['disk:', undefined],
    ['false', null],
    ['64Mi', [64 * Mi, Mi, false]],
    ['512Ki', [512 * Ki, 512 * Ki, false]],
    ['1Gi, 16Mi', [1024 * Mi, 16 * Mi, false]],
    ['', undefined],
    ['TRUE', undefined],
    ['64', undefined],
    ['64MB', undefined],
    ['0Mi', undefined],
    ['1Mi,2Mi', undefined],
    ['1Mi,0Ki', undefined],
    ['1Mi,1Ki,1Ki', undefined],
    ['1Mi,', undefined],
  ];
  for (const [text, expected] of cases)
    it(`${JSON.stringify(text)} means ${JSON.stringify(expected) ?? 'nothing'}`, () => {
      const limits = parseCacheAnnotation(text);
      const found = limits == null ? limits : [limits.maxBytes, limits.maxEntryBytes, limits.isOnDisk];
      assert.deepEqual(found, expected);
    });
});
