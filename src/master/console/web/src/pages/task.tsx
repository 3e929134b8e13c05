import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api';
import { useCell } from '../cell';
import { bytes, duration, localTime, part, rate, secondsBetween, whole } from '../format';
import { named, t, type Key } from '../i18n';
import { hasEnded, type Leaving, type Roc, type Status, type TaskDocument, type WhoAmI } from '../model';
import { FaultBox } from '../parts/fault';
import { nodeNames } from '../parts/nodes';
import { Picture } from '../parts/picture';
import { Plot } from '../parts/plot';
import { RocPlot } from '../parts/roc_plot';
import { State } from '../parts/state';
import { useLoaded, useNow, usePaced, useWidth } from '../parts/use';
import { taskLink, type Place } from '../route';
import { totals } from '../traffic';
import { TaskWatch, type TestRecord } from '../watch';
import { Actions } from './task_actions';
import { Left } from './task_left';
import { LogTail, Made, Source } from './task_tabs';

const kTabs = ['overview', 'log', 'leaves', 'data', 'json'] as const;

export function Task({ place, who }: { place: Place; who: WhoAmI }) {
  const name = place.task;
  const watch = useMemo(() => new TaskWatch(name), [name]);
  useEffect(() => () => watch.close(), [watch]);
  const status = useCell(watch.status);
  const record = useCell(watch.record);
  const fault = useCell(watch.fault);
  const document = useLoaded<TaskDocument>((signal) => ask('/queryDocument', { query: { task_name: name }, signal }), [name]);
  const [names, setNames] = useState(new Map<string, string>());
  useEffect(() => void nodeNames().then(setNames), []);
  const leaving = useMemo(() => new Map<number, Leaving[]>((document.value?.clients ?? []).map((one) => [one.id, one.discloses])), [document.value]);
  const tab = (kTabs as readonly string[]).includes(place.tab) ? place.tab : 'overview';
  const choose = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const next = kTabs[(kTabs.indexOf(tab as 'log') + step + kTabs.length) % kTabs.length] as string;
    location.hash = taskLink(name, next === 'overview' ? '' : next);
    requestAnimationFrame(() => window.document.getElementById(`tab-${next}`)?.focus());
  };
  return (
    <main>
      <nav class="crumbs" aria-label={t('where')}>
        <a href="#/tasks">{t('tasks')}</a> <span aria-hidden="true">/</span> <span>{name}</span>
      </nav>
      <div class="head">
        <h1 class="task-name">
          {name} {status && <State state={status.msg} exact={status.state} />}
        </h1>
        {status && <Actions status={status} who={who} family={document.value?.family ?? ''} done={() => watch.look()} />}
      </div>
      {status && <Facts status={status} family={document.value?.family ?? ''} />}
      {fault && <FaultBox fault={fault} />}
      {status && status.cause !== '' && <Cause status={status} />}
      {status && status.unconfirmed.length > 0 && (
        <div class="notice">
          {t('unconfirmed')}: {status.unconfirmed.map((one) => `${one.what} ${one.node} (${one.client})`).join(', ')}
        </div>
      )}
      <div class="tabs" role="tablist" aria-label={t('views')} onKeyDown={choose}>
        {kTabs.map((one) => (
          <a id={`tab-${one}`} role="tab" aria-selected={tab === one} tabIndex={tab === one ? 0 : -1} href={taskLink(name, one === 'overview' ? '' : one)}>
            {t(`tab_${one}` as Key)}
          </a>
        ))}
      </div>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'overview' && status && <Overview name={name} status={status} names={names} leaving={leaving} record={record} watch={watch} document={document.value} />}
        {tab === 'log' && status && <LogTail task={name} clients={status.clients} chosen={Number(place.query.client ?? status.cause_client ?? status.clients.length - 1)} />}
        {tab === 'leaves' && document.value && status && <Left status={status} document={document.value} names={names} />}
        {tab === 'data' && <Made task={name} state={status?.state ?? ''} names={names} />}
        {tab === 'json' && document.value && <Source document={document.value} />}
        {(tab === 'json' || tab === 'leaves') && document.fault && <FaultBox fault={document.fault} />}
      </div>
    </main>
  );
}

function Facts({ status, family }: { status: Status; family: string }) {
  const now = useNow(!hasEnded(status.state));
  const took = secondsBetween(status.started_at, status.ended_at, now);
  return (
    <dl class="facts">
      {family !== '' && <Fact name={t('kind')}>{named('family_', family)}</Fact>}
      <Fact name={t('created')}>
        {localTime(status.created_at)}
        {status.created_by !== null && ` ${t('by_whom', { name: status.created_by })}`}
      </Fact>
      <Fact name={t('started')}>{localTime(status.started_at)}</Fact>
      <Fact name={t('ended')}>{localTime(status.ended_at)}</Fact>
      <Fact name={t('took')}>{took === null ? '–' : duration(took)}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Cause({ status }: { status: Status }) {
  return (
    <div class={status.msg === 'Failed' ? 'fault' : 'notice'} role="status" id="cause">
      <strong>{status.cause}</strong>
      {status.cause_client !== null && (
        <p class="hint">
          <span class="hint-mark">{t('hint')}</span>{' '}
          <a href={`${taskLink(status.task_name, 'log')}?client=${status.cause_client}`}>{t('cause_hint', { client: status.cause_client })}</a>
        </p>
      )}
    </div>
  );
}

interface OverviewProps {
  name: string;
  status: Status;
  names: Map<string, string>;
  leaving: Map<number, Leaving[]>;
  record: TestRecord;
  watch: TaskWatch;
  document: TaskDocument | null;
}

/** The label client, where it leaves a ROC curve. */
function reportsRoc(document: TaskDocument | null): number | null {
  const at = document?.task.clients.findIndex((client) => client.client_config.report_roc === true) ?? -1;
  return at < 0 ? null : at;
}

function Overview({ name, status, names, leaving, record, watch, document }: OverviewProps) {
  const waits = useCell(watch.waits);
  const traffic = useCell(watch.traffic);
  return (
    <>
      <div class="card">
        <h2>{t('parties')}</h2>
        <Picture task={name} clients={status.clients} names={names} leaving={leaving} waits={waits} traffic={traffic} cause={status.cause_client} />
        <p class="legend muted small">
          <span class="key key-data" /> {t('legend_data')} <span class="key" /> {t('legend_control')} <span class="key key-wait" /> {t('legend_wait')}
        </p>
      </div>
      {record.rows.length > 0 && <Plots task={name} record={record} roc={reportsRoc(document)} />}
      <table class="list parties">
        <thead>
          <tr>
            <th class="number">#</th>
            <th>{t('role')}</th>
            <th>{t('node')}</th>
            <th>{t('state')}</th>
            <th>{t('phase')}</th>
            <th>{t('progress')}</th>
            <th class="number">{t('rate')}</th>
            <th class="number">{t('left')}</th>
            <th class="number">{t('sent_received')}</th>
            <th>{t('waits_or_reason')}</th>
          </tr>
        </thead>
        <tbody>
          {status.clients.map((client) => {
            const { progress } = client;
            const done = part(progress.done, progress.total);
            const waiting = waits.get(client.id) ?? [];
            const peers = traffic.get(client.id);
            const went = peers && peers.length > 0 ? totals(peers) : null;
            return (
              <tr key={client.id}>
                <td class="number" data-label="#">
                  {client.id}
                </td>
                <td data-label={t('role')}>{named('role_', client.role)}</td>
                <td data-label={t('node')}>
                  {names.get(client.node) ?? ''} <span class="muted">{client.node}</span>
                </td>
                <td data-label={t('state')}>
                  <State state={client.state} />
                </td>
                <td data-label={t('phase')}>{client.queue_position == null ? client.phase : `${client.phase} (${client.queue_position})`}</td>
                <td data-label={t('progress')} class="progress">
                  {done !== null && <progress value={done} aria-label={`${client.phase} ${whole(100 * done)} %`} />}
                  {progress.total > 0 ? ` ${whole(progress.done)} / ${whole(progress.total)} ${progress.unit}` : progress.done > 0 ? `${whole(progress.done)} ${progress.unit}` : ''}
                </td>
                <td class="number" data-label={t('rate')}>
                  {progress.per_second ? `${rate(progress.per_second)}/s` : ''}
                </td>
                <td class="number" data-label={t('left')}>
                  {progress.seconds_left !== null && client.state === 'Running' ? duration(progress.seconds_left) : ''}
                </td>
                <td class="number" data-label={t('sent_received')}>
                  {went && `${bytes(went.sent)} / ${bytes(went.received)}`}
                </td>
                <td class="reason" data-label={t('waits_or_reason')}>
                  {!client.reachable && <strong>{t('unreachable_since', { time: localTime(client.since ?? null) })} </strong>}
                  {client.reason}
                  {waiting.map((wait) => (
                    <span class={wait.seconds > 10 ? 'waits waits-long' : 'waits'}>{t('waits_for', { peer: wait.peer, what: wait.message_type, time: duration(wait.seconds) })}</span>
                  ))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

const kInks = ['--plot-1', '--plot-2', '--plot-3', '--plot-4'];

function Plots({ task, record, roc }: { task: string; record: TestRecord; roc: number | null }) {
  const [by, setBy] = useState<0 | 1>(1);
  const { ref, width } = useWidth<HTMLDivElement>();
  const x = useMemo(() => record.rows.map((row) => row[by] ?? 0), [record, by]);
  const curves = useMemo(() => record.columns.slice(2).map((column, i) => ({ column, y: record.rows.map((row) => row[i + 2] ?? null) })), [record]);
  const count = curves.length + (roc === null ? 0 : 1);
  const across = Math.max(1, Math.min(count, Math.floor(width / 280)));
  const each = Math.floor((width - (across - 1) * 16) / across);
  const xLabel = by === 1 ? t('batches') : t('seconds');
  return (
    <div class="card">
      <div class="card-head">
        <h2>{t('test_record')}</h2>
        <span class="muted small">{t('evaluations', { count: whole(record.rows.length) })}</span>
        <div class="choices" role="group" aria-label={t('axis')}>
          <button type="button" aria-pressed={by === 1} onClick={() => setBy(1)}>
            {t('batches')}
          </button>
          <button type="button" aria-pressed={by === 0} onClick={() => setBy(0)}>
            {t('seconds')}
          </button>
        </div>
      </div>
      <div class="plots" ref={ref}>
        {width > 0 && curves.map(({ column, y }, i) => <Plot key={column} title={named('metric_', column)} x={x} y={y} xLabel={xLabel} ink={kInks[i % kInks.length] as string} width={each} />)}
        {width > 0 && roc !== null && <RocOf task={task} client={roc} evaluations={record.rows.length} width={each} />}
      </div>
    </div>
  );
}

const kRocEvery = 2000;

/** The curve of the latest evaluation; asked for again when there is a newer one. */
function RocOf({ task, client, evaluations, width }: { task: string; client: number; evaluations: number; width: number }) {
  const at = usePaced(evaluations, kRocEvery);
  const { value } = useLoaded<{ msg: Roc | null }>((signal) => ask('/queryTask', { query: { task_name: task, query: 'roc', client }, signal }), [task, client, at]);
  if (!value?.msg) return null;
  return <RocPlot roc={value.msg} width={width} />;
}
