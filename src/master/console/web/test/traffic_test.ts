// Bytes as the picture and the pages of what leaves show them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger, LedgerSum, Traffic } from '../src/model';
import { byMessage, exchanged, ledgerTotals, lineWidth, totals } from '../src/traffic';

const traffic = (peer: number, sent: number, received: number, rounds = 1): Traffic => ({
  peer,
  sent_bytes: sent,
  sent_messages: 1,
  received_bytes: received,
  received_messages: 1,
  rounds,
  wait_seconds: 0,
});
const sum = (phase: string, peer: number, message: string, discloses: string, bytes: number): LedgerSum => ({ phase, peer, message, discloses, learns: '', messages: 1, bytes });
const ledger = (sent: LedgerSum[]): Ledger => ({ lines: 1, head: '', fault: '', unread_bytes: 0, runs: 1, earlier_messages: 0, earlier_bytes: 0, run: 'r', began: '', outcome: '', sent, omitted: 0 });

test('a pair is told by either end, and by the one that knows more', () => {
  const pairs = exchanged(new Map([[0, [traffic(2, 10, 20, 3)]], [2, [traffic(0, 25, 9, 4), traffic(1, 7, 8)]]]));
  assert.deepEqual(pairs.get('0-2'), { there: 10, back: 25, rounds: 4 });
  assert.deepEqual(pairs.get('1-2'), { there: 8, back: 7, rounds: 1 });
  assert.equal(pairs.size, 2);
  assert.deepEqual(totals([traffic(0, 25, 9), traffic(1, 7, 8)]), { sent: 32, received: 17 });
});

test('a line grows with its bytes and keeps within bounds', () => {
  let before = 0;
  for (const bytes of [0, 1e3, 1e4, 1e6, 1e9, 1e15]) {
    const width = lineWidth(bytes);
    assert.ok(width >= 1 && width <= 5, String(bytes));
    if (bytes > 1e3) assert.ok(width >= before);
    before = width;
  }
});

test('phases are added, kinds are counted apart', () => {
  const one = ledger([sum('a', 1, 'M', 'share', 5), sum('b', 1, 'M', 'share', 6), sum('b', 2, 'M', 'share', 1), sum('b', 2, 'O', 'opened', 3), sum('b', 2, 'C', 'control', 2)]);
  assert.equal(byMessage(one).get('1 M')?.bytes, 11);
  assert.equal(byMessage(one).get('2 M')?.bytes, 1);
  assert.deepEqual(ledgerTotals(one), { messages: 5, bytes: 17, openedMessages: 1, openedBytes: 3, controlMessages: 1, controlBytes: 2 });
  assert.equal(one.sent[0]?.bytes, 5, 'what was told is left as it was');
});
