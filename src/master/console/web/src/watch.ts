import { ApiError, ask, follow } from './api';
import { Cell } from './cell';
import { hasEnded, type Fault, type RecordPart, type Status, type Traffic, type Wait } from './model';

export interface TestRecord {
  columns: string[];
  rows: (number | null)[][];
}

/** The rows that are known with those of `part`; a part that begins anew replaces all. */
export function withPart(known: TestRecord, part: RecordPart): TestRecord {
  if (part.first > known.rows.length) return known; // a gap: what is missing comes with the next connection
  return { columns: part.columns, rows: [...known.rows.slice(0, part.first), ...part.rows] };
}

const kPauses = [500, 1000, 2000, 4000, 8000];
/** An ended task may be started again by somebody else. */
const kLookAgain = 10_000;
const kWaitsEvery = 2500;

/** Follows one task as long as its page is open: its status and record as they change, and who waits for whom. */
export class TaskWatch {
  readonly status = new Cell<Status | null>(null);
  readonly record = new Cell<TestRecord>({ columns: [], rows: [] });
  readonly waits = new Cell<Map<number, Wait[]>>(new Map());
  /** By client; without those whose node does not share it. */
  readonly traffic = new Cell<Map<number, Traffic[]>>(new Map());
  readonly fault = new Cell<Fault | null>(null);
  private readonly all = new AbortController();
  private wake: () => void = () => undefined;

  constructor(private readonly task: string) {
    void this.run();
    void this.askForWaits();
  }

  close(): void {
    this.all.abort();
    this.wake();
  }
  /** After something was done to the task: look at once. */
  look(): void {
    this.wake();
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.all;
    let lastId = '';
    let failures = 0;
    while (!signal.aborted) {
      try {
        await follow('/watchTask', { task_name: this.task }, lastId, signal, (event) => {
          failures = 0;
          if (this.fault.get() !== null) this.fault.set(null);
          if (event.id !== '') lastId = event.id;
          if (event.event === 'status') this.status.set(JSON.parse(event.data) as Status);
          if (event.event === 'record') this.record.set(withPart(this.record.get(), JSON.parse(event.data) as RecordPart));
        });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        this.fault.set(error.fault);
        if (error.fault.status === 404 || error.fault.status === 401 || error.fault.status === 403) return;
      }
      const ended = hasEnded(this.status.get()?.state ?? '');
      if (ended) this.waits.set(new Map());
      await this.pause(ended && this.fault.get() === null ? kLookAgain : (kPauses[Math.min(failures++, kPauses.length - 1)] ?? 8000));
    }
  }

  /** The stream says neither who waits nor what is exchanged: each running client is asked, and each once more when all have ended. */
  private async askForWaits(): Promise<void> {
    const { signal } = this.all;
    let told = ''; // of which run the bytes are known to the end
    while (!signal.aborted) {
      const status = this.status.get();
      const clients = status?.clients ?? [];
      const running = clients.filter((client) => client.state === 'Running');
      const ended = status !== null && status.started_at !== null && hasEnded(status.state) ? `${status.started_at} ${status.ended_at}` : '';
      if (!document.hidden && running.length > 0) {
        const [waits, traffic] = await Promise.all([this.askEach<Wait[]>(running, 'waits'), this.askEach<Traffic[]>(clients, 'traffic')]);
        if (signal.aborted) return;
        this.waits.set(waits);
        this.traffic.set(traffic);
      } else if (!document.hidden && ended !== '' && ended !== told) {
        const traffic = await this.askEach<Traffic[]>(clients, 'traffic');
        if (signal.aborted) return;
        this.traffic.set(traffic);
        told = ended;
      } else if (status !== null && status.started_at === null && this.traffic.get().size > 0) {
        this.traffic.set(new Map());
      }
      await new Promise((resolve) => setTimeout(resolve, kWaitsEvery));
    }
  }

  /** What each client answers; one that does not has just ended or begins, or its node does not share it. */
  private async askEach<T>(clients: { id: number }[], question: string): Promise<Map<number, T>> {
    const { signal } = this.all;
    const answers = await Promise.all(
      clients.map(async ({ id }): Promise<[number, T] | null> => {
        try {
          const answer = await ask<{ msg: T }>('/queryTask', { query: { task_name: this.task, query: question, client: id }, signal });
          return [id, answer.msg];
        } catch {
          return null;
        }
      }),
    );
    return new Map(answers.filter((answer) => answer !== null));
  }
}
