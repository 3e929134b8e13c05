import { ask } from '../api';
import type { NodeEntry } from '../model';

/** "addr:port" → the name that the master's configuration has for the node. Asked for once: names do not change while it runs. */
let names: Promise<Map<string, string>> | null = null;

export function nodeNames(): Promise<Map<string, string>> {
  names ??= ask<{ nodes: NodeEntry[] }>('/listNodes', { query: { limit: 1000 } }).then(
    ({ nodes }) => new Map(nodes.filter((node) => node.name !== '').map((node) => [node.node, node.name])),
    () => {
      names = null;
      return new Map<string, string>();
    },
  );
  return names;
}
