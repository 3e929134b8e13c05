// Both languages say everything, with the same values in the same sentences.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../src/words/en';
import { zh } from '../src/words/zh';

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test('both languages have the same keys', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
});

test('no sentence is empty, and each has the same values in both languages', () => {
  for (const [key, text] of Object.entries(en)) {
    const other = zh[key as keyof typeof zh];
    assert.ok(text.trim() !== '' && other.trim() !== '', key);
    assert.deepEqual(holes(other), holes(text), key);
  }
});
