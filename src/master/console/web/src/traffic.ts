/** What is made of the parties' bytes. Pure. */
import type { Ledger, LedgerSum, Traffic } from './model';

/** Bytes between two parties, and how often they answered each other. */
export interface Exchanged {
  there: number; // from the first to the second
  back: number;
  rounds: number;
}

/** Of each pair, the lower id first: `0-3`. A party that is not told of is known by the other end. */
export function exchanged(traffic: Map<number, Traffic[]>): Map<string, Exchanged> {
  const pairs = new Map<string, Exchanged>();
  for (const [from, peers] of traffic) {
    for (const one of peers) {
      const isFirst = from < one.peer;
      const key = isFirst ? `${from}-${one.peer}` : `${one.peer}-${from}`;
      const known = pairs.get(key) ?? { there: 0, back: 0, rounds: 0 };
      const there = isFirst ? one.sent_bytes : one.received_bytes;
      const back = isFirst ? one.received_bytes : one.sent_bytes;
      pairs.set(key, { there: Math.max(known.there, there), back: Math.max(known.back, back), rounds: Math.max(known.rounds, one.rounds) });
    }
  }
  return pairs;
}

/** Of one party: what it sent and received in all. */
export function totals(peers: Traffic[]): { sent: number; received: number } {
  return { sent: peers.reduce((sum, one) => sum + one.sent_bytes, 0), received: peers.reduce((sum, one) => sum + one.received_bytes, 0) };
}

/** How thick a line is drawn that so many bytes went over: a step for every ten times as many. */
export function lineWidth(bytes: number): number {
  return bytes <= 0 ? 1.6 : Math.min(5, 1.2 + 0.55 * Math.max(0, Math.log10(bytes) - 3));
}

/** All phases together, by receiver and type of message: `2 TagBatch`. */
export function byMessage(ledger: Ledger): Map<string, LedgerSum> {
  const sums = new Map<string, LedgerSum>();
  for (const one of ledger.sent) {
    const key = `${one.peer} ${one.message}`;
    const known = sums.get(key);
    sums.set(key, known ? { ...known, messages: known.messages + one.messages, bytes: known.bytes + one.bytes } : { ...one });
  }
  return sums;
}

export interface LedgerTotals {
  messages: number;
  bytes: number;
  openedMessages: number;
  openedBytes: number;
  controlMessages: number;
  controlBytes: number;
}

export function ledgerTotals(ledger: Ledger): LedgerTotals {
  const sum: LedgerTotals = { messages: 0, bytes: 0, openedMessages: 0, openedBytes: 0, controlMessages: 0, controlBytes: 0 };
  for (const one of ledger.sent) {
    sum.messages += one.messages;
    sum.bytes += one.bytes;
    if (one.discloses === 'opened') {
      sum.openedMessages += one.messages;
      sum.openedBytes += one.bytes;
    }
    if (one.discloses === 'control') {
      sum.controlMessages += one.messages;
      sum.controlBytes += one.bytes;
    }
  }
  return sum;
}
