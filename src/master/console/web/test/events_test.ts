// An event stream is read the same however the network cuts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from '../src/events';
import { withPart } from '../src/watch';

const stream = 'event: status\ndata: {"a":1}\n\n: still here\n\nevent: record\nid: r1/3\ndata: {"b":\ndata: 2}\n\ndata:x\r\n\r\n';
const expected = [
  { event: 'status', data: '{"a":1}', id: '' },
  { event: 'record', data: '{"b":\n2}', id: 'r1/3' },
  { event: 'message', data: 'x', id: 'r1/3' },
];

test('whole, and in pieces of every size', () => {
  for (let size = 1; size <= stream.length; size++) {
    const parser = new EventParser();
    const seen = [];
    for (let at = 0; at < stream.length; at += size) seen.push(...parser.feed(stream.slice(at, at + size)));
    assert.deepEqual(seen, expected, `pieces of ${size}`);
  }
});

test('rows of a record are each there once, and a new run begins anew', () => {
  const columns = ['time', 'n_batches', 'loss'];
  let known = withPart({ columns: [], rows: [] }, { columns, first: 0, rows: [[1, 10, 0.5], [2, 20, 0.4]] });
  known = withPart(known, { columns, first: 1, rows: [[2, 20, 0.4], [3, 30, 0.3]] });
  assert.deepEqual(known.rows.map((row) => row[1]), [10, 20, 30]);
  assert.equal(withPart(known, { columns, first: 5, rows: [[6, 60, 0.1]] }), known, 'a gap changes nothing');
  assert.equal(withPart(known, { columns, first: 0, rows: [[1, 10, 0.9]] }).rows.length, 1);
});
