/** What the master's API answers, as far as the console reads it (docs/openapi.yaml). */

export type Role = 'viewer' | 'operator' | 'admin';
export type Folded = 'NotExist' | 'Created' | 'Running' | 'Finished' | 'Failed' | 'Stopped';

export interface WhoAmI {
  name: string | null;
  role: Role;
  credential: string;
}

export interface TaskSummary {
  task_name: string;
  msg: Folded;
  state: string;
  clients: number;
  cause: string;
  created_by: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
}

export interface Progress {
  done: number;
  total: number;
  unit: string;
  seconds_left: number | null;
  per_second: number | null;
}

export interface ClientStatus {
  id: number;
  role: string;
  node: string;
  state: string;
  phase: string;
  /** The place in the queue of its node, from 1; null when it does not wait there. */
  queue_position?: number | null;
  progress: Progress;
  n_batches: number | null;
  reason: string;
  blames: number | null;
  exit_code: number | null;
  signal: number | null;
  started_at: string | null;
  ended_at: string | null;
  reachable: boolean;
  since?: string;
}

export interface Status {
  task_name: string;
  msg: Folded;
  state: string;
  cause: string;
  cause_client: number | null;
  created_by: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  clients: ClientStatus[];
  unconfirmed: { client: number; node: string; what: string }[];
}

/** Rows of a test record: `first` is the number of the first of them. */
export interface RecordPart {
  columns: string[];
  first: number;
  rows: (number | null)[][];
}

export interface Wait {
  peer: number;
  message_type: string;
  seconds: number;
}

/** What one client exchanged with another in its latest run. */
export interface Traffic {
  peer: number;
  sent_bytes: number;
  sent_messages: number;
  received_bytes: number;
  received_messages: number;
  rounds: number;
  wait_seconds: number;
}

/** What went to one peer in one type of message, in one phase. */
export interface LedgerSum {
  phase: string;
  peer: number;
  message: string;
  discloses: string;
  learns: string;
  messages: number;
  bytes: number;
}

/** What a client's ledger of disclosures says of its latest run. */
export interface Ledger {
  lines: number;
  head: string;
  fault: string;
  unread_bytes: number;
  runs: number;
  earlier_messages: number;
  earlier_bytes: number;
  run: string;
  began: string;
  outcome: string;
  sent: LedgerSum[];
  omitted: number;
}

export interface Roc {
  batches: number;
  curves: { fpr: number[]; tpr: number[] }[];
}

export interface Dataset {
  task_name?: string;
  state?: string;
  client: number;
  node: string;
  out_data_path: string;
  files: string[];
  rows: [number, number] | null;
  columns: string[] | null;
  alignment_id: string | null;
}

export interface NodeEntry {
  name: string;
  node: string;
  addr: string;
  http_port: number;
  identity: string;
  reachable: boolean;
  version: string | null;
  clock_skew_s: number | null;
  certificate_days_left: number | null;
  reason: string | null;
}

/** What one client may send to another, by the declarations of the messages. */
export interface Leaving {
  to: number;
  role: string;
  node: string;
  messages: { message: string; discloses: string; learns: string }[];
}

export interface TaskDocument {
  task: { task_name: string; clients: { role: string; client_config: Record<string, unknown> & { client_type: string } }[] };
  family: string;
  digest: string;
  clients: { id: number; discloses: Leaving[]; told_to_master: string[] }[];
}

/** One setting of a client type as the programs declare it. */
export interface Setting {
  name: string;
  kind: string;
  required: boolean;
  help: string;
  default?: unknown;
  min?: number;
  max?: number;
  unit?: string;
  choices?: string[];
  members?: Setting[];
}

export interface ClientType {
  name: string;
  families: string[];
  roles: string[];
  settings: Setting[];
}

export interface Detail {
  path?: string;
  node?: string;
  client?: string;
  file?: string;
  message: string;
}

/** An error as the API tells it; `status` is 0 where no answer came. */
export interface Fault {
  status: number;
  code: string;
  message: string;
  hint: string;
  details: Detail[];
}

export const hasEnded = (state: string): boolean => state === 'Finished' || state === 'Failed' || state === 'Stopped' || state === 'Rejected';
