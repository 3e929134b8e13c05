// The picture of the parties: whatever their number and the room, boxes stand inside, apart, and lines end at them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { border, layout, link, type Box } from '../src/picture';

const apart = (a: Box, b: Box): boolean => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test('no box touches another or leaves the picture', () => {
  for (const width of [300, 340, 390, 520, 620, 700, 860]) {
    for (let count = 1; count <= 64; count++) {
      const plan = layout(count, width);
      assert.equal(plan.boxes.length, count);
      plan.boxes.forEach((box, i) => {
        const inside = box.x >= 0 && box.y >= 0 && box.x + box.width <= plan.width + 0.01 && box.y + box.height <= plan.height + 0.01;
        assert.ok(inside, `box ${i} of ${count} in ${width}`);
        for (const other of plan.boxes.slice(i + 1)) assert.ok(apart(box, other), `box ${i} of ${count} in ${width}`);
      });
    }
  }
});

test('a line ends at the border of the box', () => {
  const box = { x: 0, y: 0, width: 100, height: 40 };
  assert.deepEqual(border(box, { x: 500, y: 20 }), { x: 100, y: 20 });
  assert.deepEqual(border(box, { x: 50, y: -300 }), { x: 50, y: 0 });
});

test('every pair has a line', () => {
  for (const width of [340, 860]) {
    const plan = layout(6, width);
    for (let a = 0; a < 6; a++) for (let b = a + 1; b < 6; b++) assert.match(link(plan, a, b).d, /^M[\d. -]+[LC]/);
  }
  assert.equal(link(layout(2, 700), 0, 7).d, '', 'a party that is not there');
});
