/** Small tables that can be aligned and trained on, and documents for them. */
import type { Cluster } from './cluster';

const kRows = 600;

/** The same numbers at every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
}

export function featureTable(seed: number): string {
  const next = noise(seed);
  return `id,a,b\n${Array.from({ length: kRows }, (_, i) => `u${i},${next().toFixed(4)},${(i % 7) - 3 + next()}`).join('\n')}\n`;
}

export function labelTable(): string {
  return `id,y\n${Array.from({ length: kRows }, (_, i) => `u${i},${i % 7 > 3 ? 1 : 0}`).join('\n')}\n`;
}

/** The data parties of a task: name of the node, and its role. */
export type Data = [name: string, role: 'feature_client' | 'label_client'];

export function alignment(cluster: Cluster, task: string, data: Data[], ports: number[], file = 'table.csv'): object {
  const party = (role: string, name: string, config: object, i: number) => ({
    role,
    addr: '127.0.0.1',
    http_port: cluster.port(name),
    client_config: { ...config, computation_port: ports[i] },
  });
  return {
    task_name: task,
    clients: [
      party('main_client', 'main', { client_type: 'alignment_main' }, 0),
      ...data.map(([name, role], i) => party(role, name, { client_type: 'alignment_data', raw_data_path: file, out_data_path: task }, i + 1)),
    ],
  };
}

/** A training that goes on until it is stopped. */
export function endlessTraining(cluster: Cluster, task: string, dataset: string, data: Data[], ports: number[]): object {
  const party = (role: string, name: string, config: object, i: number) => ({
    role,
    addr: '127.0.0.1',
    http_port: cluster.port(name),
    client_config: { ...config, computation_port: ports[i] },
  });
  return {
    task_name: task,
    clients: [
      party('main_client', 'main', { client_type: 'shared_nn_main', layers: [], batch_size: 32, epochs: 1_000_000, test_per_batches: 25 }, 0),
      party('crypto_producer', 'main', { client_type: 'triplet_producer' }, 1),
      ...data.map(([name, role], i) =>
        party(
          role,
          name,
          role === 'label_client'
            ? { client_type: 'shared_nn_label', data_path: dataset, loss: 'logloss', metric: 'auc_ks', report_roc: true }
            : { client_type: 'shared_nn_feature', data_path: dataset },
          i + 2,
        ),
      ),
    ],
  };
}
