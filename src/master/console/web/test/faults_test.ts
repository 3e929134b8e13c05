// Faults of a document stand at their lines, also in a text that is broken further down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, placesOf } from '../src/json_places';
import { placeFaults } from '../src/place_faults';

const text = `{
  "task_name": "t",
  "clients": [
    {"role": "main_client"},
    {
      "role": "feature_client",
      "addr": "127.0.0.1",
      "http_port": 8084,
      "client_config": {
        "computation_port": 99999,
        "columns": ["a", "b\\"c",
                    7]
      }
    }
  ]
}`;
const fault = (details: object[], message = 'faults') => ({ status: 400, code: 'invalid', message, hint: '', details: details as never });

test('each path has its line', () => {
  const places = placesOf(text);
  const cases: [string, number][] = [
    ['task_name', 1], ['clients[0].role', 3], ['clients[1]', 4], ['clients[1].client_config.computation_port', 9],
    ['clients[1].client_config.columns[1]', 10], ['clients[1].client_config.columns[2]', 11],
  ];
  for (const [path, line] of cases) assert.equal(lineOf(places, path), line, path);
});

test('what is missing is marked where it should stand', () => {
  const places = placesOf(text);
  assert.equal(lineOf(places, 'clients[1].client_config.raw_data_path'), 8);
  assert.equal(lineOf(places, 'clients[0].client_config.client_type'), 3);
  assert.equal(lineOf(places, 'clients[9]'), 2);
  assert.equal(lineOf(places, 'nothing'), 0);
});

test('details by path, by node, by client and by line', () => {
  const placed = placeFaults(text, fault([
    { path: 'clients[1].client_config.computation_port', message: '99999 is not a port' },
    { node: '127.0.0.1:8084', message: 'no grant' },
    { client: '0', message: 'x' },
  ]));
  assert.deepEqual(placed.map((one) => one.line), [9, 4, 3]);
  assert.equal(placeFaults('{\n  "a": 1,\n  # note\n}', fault([], 'line 3 has a comment'))[0]?.line, 2);
});

test('a broken text has the lines before the break', () => {
  const broken = text.slice(0, text.indexOf('99999'));
  assert.equal(lineOf(placesOf(broken), 'clients[1].http_port'), 7);
  for (const odd of ['', '{', '[1,', '{"a"', '{"a":', '"', '{"a":"\\', '}{', '[[[', '{"a":1 "b":2}']) placesOf(odd);
});
