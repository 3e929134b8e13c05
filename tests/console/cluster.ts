/** Real daemons on free ports of loopback, in a folder of their own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = process.env.PAI_BIN_DIR ?? '';
const kReadyMs = 20_000;
const kStopMs = 10_000;

export interface Party {
  name: string;
  port: number;
}

/** `count` ports that are free now, all different; those of other programs on this machine are not among them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'pai-console-'));
  readonly nodes: Party[] = [];
  base = '';
  private readonly running = new Map<string, ChildProcess>();
  private masterPort = 0;

  /** A master and nodes of these names; each node's tables stand in `raw`, more of its flags in `flags`. */
  static async start(names: string[], raw: Record<string, string> = {}, flags: Record<string, string[]> = {}): Promise<Cluster> {
    const cluster = new Cluster();
    const ports = await freePorts(names.length + 1);
    cluster.masterPort = ports[0] as number;
    cluster.base = `http://127.0.0.1:${cluster.masterPort}`;
    names.forEach((name, i) => cluster.nodes.push({ name, port: ports[i + 1] as number }));
    const entries = cluster.nodes.map(({ name, port }) => `[[nodes]]\nname = "${name}"\naddr = "127.0.0.1"\nhttp_port = ${port}\n`);
    writeFileSync(join(cluster.folder, 'master.toml'), entries.join('\n'));
    for (const { name, port } of cluster.nodes) {
      const data = join(cluster.folder, name);
      mkdirSync(join(data, 'raw'), { recursive: true });
      if (raw[name] !== undefined) writeFileSync(join(data, 'raw', 'table.csv'), raw[name] as string);
      cluster.launch(name, 'pai-node', ['--insecure', '--name', name, '--listen', `127.0.0.1:${port}`, '--data-dir', data, ...(flags[name] ?? [])]);
    }
    cluster.launchMaster();
    await Promise.all([cluster.masterPort, ...cluster.nodes.map((node) => node.port)].map((port) => cluster.ready(port)));
    return cluster;
  }

  port(name: string): number {
    const node = this.nodes.find((one) => one.name === name);
    if (!node) throw new Error(`no node ${name}`);
    return node.port;
  }

  /** Calls the API as the test, not through the page. */
  async api<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(this.base + path, init);
    const document = (await response.json()) as T & { msg: unknown };
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(document)}`);
    return document;
  }

  /** Ends the master, lets `change` work on its stored tasks, and starts it again. */
  async whileMasterIsDown(change: (database: string) => void): Promise<void> {
    await this.end('master');
    change(join(this.folder, 'master', 'master.db'));
    this.launchMaster();
    await this.ready(this.masterPort);
  }

  /** Clients outlive their node on purpose: tasks are stopped first. */
  async stop(): Promise<void> {
    try {
      const { tasks } = await this.api<{ tasks: { task_name: string }[] }>('/listTasks?status=Running');
      await Promise.all(tasks.map((task) => this.api(`/stopTask?task_name=${task.task_name}`, { method: 'POST' })));
    } catch {
      // It has users, or is gone: then nothing runs.
    }
    await Promise.all([...this.running.keys()].map((name) => this.end(name)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  logOf(name: string): string {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8');
  }

  private launchMaster(): void {
    this.launch('master', 'pai-master', ['--insecure', '--config', join(this.folder, 'master.toml'), '--listen', `127.0.0.1:${this.masterPort}`, '--data-dir', join(this.folder, 'master')]);
  }

  private launch(name: string, program: string, args: string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    this.running.set(name, spawn(join(bin, program), args, { stdio: ['ignore', log, log] }));
  }

  private async end(name: string): Promise<void> {
    const child = this.running.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), kStopMs);
    await over;
    clearTimeout(timer);
    this.running.delete(name);
  }

  private async ready(port: number): Promise<void> {
    const until = Date.now() + kReadyMs;
    for (;;) {
      try {
        if ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok) return;
      } catch {
        // not yet
      }
      if (Date.now() > until) throw new Error(`nothing is ready at port ${port}; logs are in ${this.folder}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** Copies the one task of a stopped master's database until there are `count`, each with a document of its own name. */
export function multiplyTask(database: string, name: string, count: number): void {
  const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
name, count = sys.argv[2], int(sys.argv[3])
columns = [row[1] for row in db.execute("PRAGMA table_info(tasks)") if row[1] not in ("id", "name", "document", "created_at")]
listed = ", ".join(columns)
for number in range(1, count):
    fresh = f"{name}-{number:04d}"
    db.execute(f"INSERT INTO tasks (name, document, created_at, {listed}) SELECT ?, replace(document, ?, ?), created_at + ?, {listed} FROM tasks WHERE name = ?",
               (fresh, f'"{name}"', f'"{fresh}"', number, name))
db.commit()
`;
  execFileSync('python3', ['-c', script, database, name, String(count)]);
}
