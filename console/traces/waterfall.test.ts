import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpanView } from '../../model/console.ts';
import { layOut, rowId, timeMarks, unfolded } from './waterfall.ts';

const span = (
  spanId: string,
  parentId: string,
  startMs: number,
  ms: number,
  more: Partial<SpanView> = {},
): SpanView => ({
  traceId: 't',
  spanId,
  parentId,
  kind: 'SERVER',
  name: spanId,
  service: spanId,
  startUs: startMs * 1000,
  durationUs: ms * 1000,
  isError: false,
  tags: {},
  isParentInferred: false,
  rule: null,
  attempts: 1,
  faults: [],
  ...more,
});

const lay = (...spans: SpanView[]) => layOut({ traceId: 't', spans });
const picture = (...spans: SpanView[]) =>
  lay(...spans).rows.map(
    ({ span: { spanId }, depth, startMs }) => `${' '.repeat(depth)}${spanId} ${startMs}`,
  );

describe('a waterfall', () => {
  it('shows calls below their callers, in the order of time', () => {
    const spans = [
      span('c', 'a', 160, 20),
      span('a', '', 100, 100),
      span('b', 'a', 110, 30),
      span('d', 'b', 120, 10),
    ];
    assert.deepEqual(picture(...spans), ['a 0', ' b 10', '  d 20', ' c 60']);
    const { rows, durationMs, services } = lay(...spans);
    assert.equal(durationMs, 100);
    assert.deepEqual(services, ['a', 'b', 'd', 'c']);
    assert.deepEqual([rows[1]?.start, rows[1]?.width, rows[0]?.descendants], [0.1, 0.3, 3]);
  });

  it('tells how long each worked itself', () => {
    const overlapping = lay(span('a', '', 0, 100), span('b', 'a', 10, 50), span('c', 'a', 40, 50));
    assert.deepEqual(
      overlapping.rows.map(({ selfMs }) => selfMs),
      [20, 50, 50],
    );
  });

  it('keeps what has lost its parent, and says so', () => {
    const { rows } = lay(span('b', 'gone', 5, 10), span('a', '', 0, 4));
    assert.deepEqual(
      rows.map(({ span: each, isParentMissing }) => [each.spanId, isParentMissing]),
      [
        ['a', false],
        ['b', true],
      ],
    );
  });

  it('moves a branch whose clock disagrees into its caller, and says by how much', () => {
    const { rows } = lay(span('a', '', 1000, 100), span('b', 'a', 400, 50), span('c', 'b', 410, 20));
    assert.deepEqual(
      rows.map(({ startMs, skewMs }) => [startMs, skewMs]),
      [
        [0, 0],
        [25, 625],
        [35, 625],
      ],
    );
  });

  it('leaves work after the answer where it was', () => {
    assert.deepEqual(picture(span('a', '', 0, 10), span('b', 'a', 5, 50)), ['a 0', ' b 5']);
  });

  it('puts a server below the client whose id it shares', () => {
    const client = span('x', 'a', 10, 50, { kind: 'CLIENT', service: 'a' });
    const server = span('x', 'a', 20, 30, { service: 'b' });
    const { rows } = lay(server, client, span('a', '', 0, 100));
    assert.deepEqual(
      rows.map(({ span: { kind, service }, depth }) => `${depth} ${kind} ${service}`),
      ['0 SERVER a', '1 CLIENT a', '2 SERVER b'],
    );
    assert.equal(new Set(rows.map(rowId)).size, 3);
  });

  it('shows everything once where spans are below one another', () => {
    const { rows } = lay(span('a', 'b', 0, 10), span('b', 'a', 1, 5), span('c', 'c', 2, 1));
    assert.deepEqual(rows.map(({ span: { spanId } }) => spanId).sort(), ['a', 'b', 'c']);
  });

  it('marks what the answer waited for', () => {
    const { rows } = lay(
      span('a', '', 0, 100),
      span('fast', 'a', 10, 20),
      span('slow', 'a', 10, 80),
      span('in', 'slow', 20, 60),
    );
    assert.deepEqual(
      rows.filter(({ isCritical }) => isCritical).map(({ span: { spanId } }) => spanId),
      ['a', 'slow', 'in'],
    );
  });

  it('hides what is folded', () => {
    const { rows } = lay(
      span('a', '', 0, 100),
      span('b', 'a', 10, 20),
      span('c', 'b', 11, 2),
      span('d', 'a', 50, 2),
    );
    assert.deepEqual(
      unfolded(rows, new Set(['b/SERVER'])).map(({ span: { spanId } }) => spanId),
      ['a', 'b', 'd'],
    );
  });

  it('is empty for no spans, and takes a chain of a thousand', () => {
    const chain = Array.from({ length: 1000 }, (_, at) =>
      span(`s${at}`, at === 0 ? '' : `s${at - 1}`, at, 2000 - at),
    );
    assert.equal(lay(...chain).rows.at(-1)?.depth, 999);
    assert.deepEqual(lay(), { rows: [], durationMs: 0, services: [] });
    assert.deepEqual(
      lay(span('a', '', 5, 0)).rows.map(({ start }) => start),
      [0],
    );
  });

  it('has round marks on its axis', () => {
    assert.deepEqual(timeMarks(100, 5), [0, 20, 40, 60, 80, 100]);
    assert.deepEqual(timeMarks(7, 4), [0, 2, 4, 6]);
    assert.deepEqual(timeMarks(0, 5), [0]);
    assert.equal(timeMarks(0.8, 4).length, 5);
  });
});
