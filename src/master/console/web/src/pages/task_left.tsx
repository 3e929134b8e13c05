import { ask } from '../api';
import { bytes, localTime, whole } from '../format';
import { learnt, named, t } from '../i18n';
import { type ClientStatus, type Leaving, type Ledger, type LedgerSum, type Status, type TaskDocument } from '../model';
import { FaultBox } from '../parts/fault';
import { useLoaded } from '../parts/use';
import { byMessage, ledgerTotals } from '../traffic';

const kLedgerEvery = 5000;
const kControl = 'control';

interface Props {
  status: Status;
  document: TaskDocument;
  names: Map<string, string>;
}

/** What may leave each party by the declarations of the messages, and what did leave by its ledger, as far as its node tells. */
export function Left({ status, document, names }: Props) {
  const label = (id: number): string => {
    const client = status.clients[id];
    return client ? `${id} ${named('role_', client.role)}` : String(id);
  };
  return (
    <>
      <p class="muted">
        {t('leaves_text')} <code>paictl ledger show tasks/{status.task_name}-N</code>
      </p>
      {status.clients.map((client) => (
        <PartyLeft
          key={client.id}
          task={status.task_name}
          client={client}
          run={`${status.started_at} ${status.ended_at}`}
          may={document.clients[client.id]?.discloses ?? []}
          told={document.clients[client.id]?.told_to_master ?? []}
          label={label}
          name={names.get(client.node) ?? client.node}
        />
      ))}
      <p class="muted small">
        {t('digest')} <code class="wrap">{document.digest}</code>
      </p>
    </>
  );
}

interface PartyProps {
  task: string;
  client: ClientStatus;
  run: string;
  may: Leaving[];
  told: string[];
  label: (id: number) => string;
  name: string;
}

/** A row of the table: what may pass, what did, or both. */
interface Row {
  to: number;
  message: string;
  discloses: string;
  learns: string;
  sum: LedgerSum | undefined;
  announced: boolean;
}

function rowsOf(may: Leaving[], sums: Map<string, LedgerSum>): Row[] {
  const rows: Row[] = [];
  const left = new Map(sums);
  for (const one of may) {
    for (const message of one.messages) {
      const key = `${one.to} ${message.message}`;
      const sum = left.get(key);
      left.delete(key);
      if (message.discloses !== kControl) rows.push({ to: one.to, ...message, sum, announced: true });
    }
  }
  // Nothing else can pass; a ledger that has more is worth a look.
  for (const sum of left.values()) {
    if (sum.discloses !== kControl) rows.push({ to: sum.peer, message: sum.message, discloses: sum.discloses, learns: sum.learns, sum, announced: false });
  }
  return rows.sort((a, b) => a.to - b.to);
}

function PartyLeft({ task, client, run, may, told, label, name }: PartyProps) {
  const started = client.started_at !== null;
  const running = client.state === 'Running';
  const { value, fault } = useLoaded<{ msg: Ledger } | null>(
    (signal) => (started ? ask('/queryLedger', { query: { task_name: task, client: client.id }, signal }) : Promise.resolve(null)),
    [task, client.id, client.state, run],
    running ? kLedgerEvery : 0,
  );
  const ledger = value?.msg ?? null;
  const known = fault === null && ledger !== null && ledger.runs > 0;
  const rows = rowsOf(may, known ? byMessage(ledger) : new Map());
  return (
    <section class="card" id={`left-${client.id}`}>
      <div class="card-head">
        <h2>
          {label(client.id)} <span class="muted">{name}</span>
        </h2>
        {known && <Sum ledger={ledger} />}
      </div>
      {fault && (fault.status === 403 ? <p class="muted small">{t('ledger_unshared')}</p> : <FaultBox fault={fault} />)}
      {ledger !== null && ledger.fault !== '' && (
        <div class="fault" role="alert">
          <strong>{t('ledger_broken')}</strong> {ledger.fault}
        </div>
      )}
      {rows.length === 0 && <p class="muted">{t('leaves_nothing')}</p>}
      {rows.length > 0 && (
        <table class="list leaves">
          <thead>
            <tr>
              <th>{t('to')}</th>
              <th>{t('discloses')}</th>
              <th>{t('message')}</th>
              <th>{t('learns')}</th>
              {known && <th class="number">{t('messages')}</th>}
              {known && <th class="number">{t('bytes')}</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr class={known && row.sum === undefined ? 'not-sent' : ''}>
                <td class="receiver" data-label={t('to')}>
                  {i === 0 || rows[i - 1]?.to !== row.to ? label(row.to) : <span class="ditto">{label(row.to)}</span>}
                </td>
                <td data-label={t('discloses')}>
                  <span class={row.discloses === 'opened' ? 'tag tag-open' : 'tag'}>{named('kind_', row.discloses)}</span>
                </td>
                <td data-label={t('message')}>
                  <code>{row.message}</code>
                  {!row.announced && <span class="bad"> {t('unannounced')}</span>}
                </td>
                <td class="learns" data-label={t('learns')}>
                  {learnt(row.learns)}
                </td>
                {known && (
                  <td class="number" data-label={t('messages')}>
                    {row.sum ? whole(row.sum.messages) : '–'}
                  </td>
                )}
                {known && (
                  <td class="number" data-label={t('bytes')}>
                    {row.sum ? bytes(row.sum.bytes) : '–'}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {known && <Facts ledger={ledger} label={label} />}
      {told.length > 0 && (
        <details>
          <summary>{t('told_to_master')}</summary>
          <ul class="told">
            {told.map((sentence) => (
              <li>{learnt(sentence)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Sum({ ledger }: { ledger: Ledger }) {
  const sum = ledgerTotals(ledger);
  return (
    <span class="muted small">
      {t('left_in_all', { messages: whole(sum.messages), bytes: bytes(sum.bytes) })}
      {' · '}
      <span class={sum.openedMessages > 0 ? 'warn' : ''}>{t('left_opened', { messages: whole(sum.openedMessages), bytes: bytes(sum.openedBytes) })}</span>
    </span>
  );
}

function Facts({ ledger, label }: { ledger: Ledger; label: (id: number) => string }) {
  const sum = ledgerTotals(ledger);
  const outcome = ledger.outcome === '' ? t('ledger_open') : ledger.outcome === 'finished' ? t('state_Finished') : ledger.outcome;
  return (
    <>
      <p class="muted small">
        {t('left_control', { messages: whole(sum.controlMessages), bytes: bytes(sum.controlBytes) })}
        {ledger.runs > 1 && ` · ${t('left_earlier', { runs: ledger.runs - 1, messages: whole(ledger.earlier_messages), bytes: bytes(ledger.earlier_bytes) })}`}
        {ledger.omitted > 0 && ` · ${t('left_omitted', { count: whole(ledger.omitted) })}`}
        {ledger.unread_bytes > 0 && ` · ${t('left_unread', { bytes: bytes(ledger.unread_bytes) })}`}
      </p>
      <p class="muted small">
        {t('ledger_stands', { lines: whole(ledger.lines), began: localTime(ledger.began), outcome })} <code class="wrap">{ledger.head}</code>
      </p>
      <details>
        <summary>{t('by_phase')}</summary>
        <table class="list">
          <thead>
            <tr>
              <th>{t('phase')}</th>
              <th>{t('to')}</th>
              <th>{t('discloses')}</th>
              <th>{t('message')}</th>
              <th class="number">{t('messages')}</th>
              <th class="number">{t('bytes')}</th>
            </tr>
          </thead>
          <tbody>
            {ledger.sent.map((one) => (
              <tr>
                <td data-label={t('phase')}>{one.phase}</td>
                <td data-label={t('to')}>{label(one.peer)}</td>
                <td data-label={t('discloses')}>
                  <span class={one.discloses === 'opened' ? 'tag tag-open' : 'tag'}>{named('kind_', one.discloses)}</span>
                </td>
                <td data-label={t('message')}>
                  <code>{one.message}</code>
                </td>
                <td class="number" data-label={t('messages')}>
                  {whole(one.messages)}
                </td>
                <td class="number" data-label={t('bytes')}>
                  {bytes(one.bytes)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
