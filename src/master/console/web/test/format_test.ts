// Figures and times as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, metric, part, rate, secondsBetween, whole } from '../src/format';

test('durations change their unit where it reads better', () => {
  const cases: [number, string][] = [
    [0, '0.00 s'], [0.421, '0.42 s'], [9.96, '10.0 s'], [12.9, '12 s'], [59.99, '59 s'], [60, '1 min 00 s'], [185, '3 min 05 s'],
    [3599, '59 min 59 s'], [7620, '2 h 07 min'], [90000, '1 d 1 h'], [-1, '–'], [NaN, '–'],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
});

test('numbers are grouped, rates are short', () => {
  assert.equal(whole(1234567), '1,234,567');
  assert.equal(whole(999), '999');
  assert.equal(rate(1234.5), '1,235');
  assert.equal(rate(12.34), '12.3');
  assert.equal(rate(0.5), '0.50');
});

test('a metric without a value is a dash', () => {
  assert.equal(metric(0.71234), '0.7123');
  for (const none of [null, undefined, NaN]) assert.equal(metric(none), '–');
});

test('time between, to now where there is no end', () => {
  assert.equal(secondsBetween('2026-01-01T00:00:00Z', '2026-01-01T00:00:02.500Z', 0), 2.5);
  assert.equal(secondsBetween('2026-01-01T00:00:00Z', null, Date.parse('2026-01-01T00:01:00Z')), 60);
  assert.equal(secondsBetween(null, null, 0), null);
  assert.equal(secondsBetween('2026-01-01T00:00:05Z', '2026-01-01T00:00:00Z', 0), 0, 'a clock that went back');
});

test('a part is known only of a known whole', () => {
  assert.equal(part(1, 4), 0.25);
  assert.equal(part(5, 4), 1);
  assert.equal(part(5, 0), null);
});
