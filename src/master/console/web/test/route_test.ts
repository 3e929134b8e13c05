// Places behind the #, and what a role may.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listLink, parsePlace, taskLink } from '../src/route';
import { draftOf, freePort, kJobs, template } from '../src/templates';

test('a link leads to its place', () => {
  assert.deepEqual(parsePlace(taskLink('a.b-c_1', 'log')), { page: 'task', task: 'a.b-c_1', tab: 'log', query: {} });
  assert.deepEqual(parsePlace(listLink('tasks', { search: 'a&b=c', status: '', page: '2' })), { page: 'tasks', task: '', tab: '', query: { search: 'a&b=c', page: '2' } });
  assert.equal(parsePlace('').page, 'tasks');
  assert.equal(parsePlace('#/nowhere/at/all').page, 'tasks');
  assert.equal(parsePlace('#/tasks/%E0%A4%A').task, '%E0%A4%A', 'a broken escape is shown as it is');
});

test('templates give each party of a node a port of its own', () => {
  const nodes = ['main', 'feature1', 'feature2', 'label'].map((name, i) => ({ name, addr: '127.0.0.1', http_port: 8000 + 100 * i }));
  for (const job of kJobs) {
    for (const known of [nodes, nodes.slice(0, 1), []]) {
      const draft = template(job, 't', known);
      const ends = draft.clients.map((party) => `${party.addr}:${String(party.client_config.computation_port)}`);
      assert.equal(new Set(ends).size, ends.length, `${job}: ${ends.join(' ')}`);
      assert.deepEqual(draftOf(JSON.stringify(draft)), draft);
    }
  }
  const draft = template('alignment', 't', nodes);
  assert.deepEqual(draft.clients.map((party) => [party.role, party.http_port]), [['main_client', 8000], ['feature_client', 8100], ['feature_client', 8200], ['label_client', 8300]]);
  assert.equal(freePort(draft, '127.0.0.1', 8100), 8102, '8101 is taken');
});

test('what is no task document is no draft', () => {
  for (const text of ['', '[]', '{}', '{"clients": [1]}', '{"clients": [{"role": "x"}]}', 'null']) assert.equal(draftOf(text), null, text);
});
