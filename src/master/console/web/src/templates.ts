/** Documents to start from, with the nodes that this master knows. Pure. */

export interface Party {
  role: string;
  addr: string;
  http_port: number;
  client_config: Record<string, unknown>;
}
export interface Draft {
  task_name: string;
  clients: Party[];
}
export interface KnownNode {
  name: string;
  addr: string;
  http_port: number;
}

export type Job = 'alignment' | 'training' | 'prediction' | 'boosting';
export const kJobs: Job[] = ['alignment', 'training', 'prediction', 'boosting'];

const kTypes: Record<Job, { main: string; feature: string; label: string; dealer: boolean }> = {
  alignment: { main: 'alignment_main', feature: 'alignment_data', label: 'alignment_data', dealer: false },
  training: { main: 'shared_nn_main', feature: 'shared_nn_feature', label: 'shared_nn_label', dealer: true },
  prediction: { main: 'shared_nn_main', feature: 'shared_nn_feature', label: 'shared_nn_label', dealer: true },
  boosting: { main: 'secure_xgboost_main', feature: 'secure_xgboost_feature', label: 'secure_xgboost_label', dealer: true },
};

/** Main computes without data: a node that is called so is taken for it, and one that is called label for the labels. */
export function template(job: Job, name: string, nodes: KnownNode[]): Draft {
  const types = kTypes[job];
  const known = nodes.length > 0 ? nodes : [{ name: 'main', addr: '127.0.0.1', http_port: 8377 }];
  const pick = (word: string): KnownNode | undefined => known.find((node) => node.name.toLowerCase().includes(word));
  const main = pick('main') ?? (known[0] as KnownNode);
  const others = known.filter((node) => node !== main);
  const label = pick('label') ?? others[others.length - 1] ?? main;
  const features = others.filter((node) => node !== label);
  const ports = new Map<KnownNode, number>();
  const party = (role: string, node: KnownNode, type: string, settings: Record<string, unknown>): Party => {
    const port = (ports.get(node) ?? node.http_port) + 1;
    ports.set(node, port);
    return {
      role,
      addr: node.addr,
      http_port: node.http_port,
      client_config: { client_type: type, computation_port: Math.min(port, 65535), ...settings },
    };
  };
  const data = (): Record<string, unknown> =>
    job === 'alignment' ? { raw_data_path: '', out_data_path: '' } : { data_path: '' };
  const settings: Record<string, unknown> =
    job === 'prediction' ? { mode: 'predict', model_task: '' } : job === 'training' ? { layers: [], batch_size: 256, epochs: 5 } : {};
  const clients = [party('main_client', main, types.main, settings)];
  if (types.dealer) clients.push(party('crypto_producer', main, 'triplet_producer', {}));
  for (const node of features.length > 0 ? features : [main]) clients.push(party('feature_client', node, types.feature, data()));
  clients.push(party('label_client', label, types.label, job === 'training' ? { ...data(), loss: 'logloss', metric: 'auc_ks' } : data()));
  return { task_name: name, clients };
}

/** The document in a text, if it is one that the form can show. */
export function draftOf(text: string): Draft | null {
  try {
    const document = JSON.parse(text) as Draft;
    const fits =
      typeof document === 'object' &&
      document !== null &&
      Array.isArray(document.clients) &&
      document.clients.every((party) => typeof party === 'object' && party !== null && typeof party.client_config === 'object' && party.client_config !== null);
    return fits ? document : null;
  } catch {
    return null;
  }
}

/** A port that no other party of this node has. */
export function freePort(draft: Draft, addr: string, httpPort: number): number {
  const taken = new Set(draft.clients.filter((party) => party.addr === addr).flatMap((party) => [party.http_port, Number(party.client_config.computation_port)]));
  let port = httpPort + 1;
  while (taken.has(port) && port < 65535) port++;
  return port;
}
