import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api';
import { whole } from '../format';
import { named, t } from '../i18n';
import type { ClientStatus, Dataset, TaskDocument } from '../model';
import { FaultBox } from '../parts/fault';
import { useLoaded } from '../parts/use';
import { go, taskLink } from '../route';

const kLogEvery = 3000;

export function LogTail({ task, clients, chosen }: { task: string; clients: ClientStatus[]; chosen: number }) {
  const client = clients[chosen] ? chosen : clients.length - 1;
  const [tail, setTail] = useState(200);
  const running = clients[client]?.state === 'Running';
  const { value, fault } = useLoaded<{ msg: string }>(
    (signal) => ask('/queryLog', { query: { task_name: task, client, tail }, signal }),
    [task, client, tail, clients[client]?.state],
    running ? kLogEvery : 0,
  );
  const box = useRef<HTMLPreElement>(null);
  const [following, setFollowing] = useState(true);
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [value, following]);
  return (
    <>
      <div class="filters">
        <div class="choices" role="group" aria-label={t('party')}>
          {clients.map((one) => (
            <button type="button" aria-pressed={one.id === client} onClick={() => go(`${taskLink(task, 'log')}?client=${one.id}`, true)}>
              {one.id} {named('role_', one.role)}
            </button>
          ))}
        </div>
        <label class="inline">
          {t('lines')}{' '}
          <select value={String(tail)} onChange={(event) => setTail(Number(event.currentTarget.value))}>
            {[50, 200, 1000, 10000].map((lines) => (
              <option value={String(lines)}>{whole(lines)}</option>
            ))}
          </select>
        </label>
        <label class="check inline">
          <input type="checkbox" checked={following} onChange={(event) => setFollowing(event.currentTarget.checked)} /> {t('follow_end')}
        </label>
      </div>
      {fault && <FaultBox fault={fault} />}
      {!fault && value && (
        <pre class="log" ref={box} tabIndex={0}>
          {value.msg === '' ? <span class="muted">{t('log_empty')}</span> : String(value.msg).split('\n').map((line) => <LogLine line={line} />)}
        </pre>
      )}
    </>
  );
}

function LogLine({ line }: { line: string }) {
  const level = /\b(error|warning)\b/i.exec(line.slice(0, 60))?.[1]?.toLowerCase() ?? '';
  return <span class={level === '' ? '' : `log-${level}`}>{`${line}\n`}</span>;
}

export function Made({ task, state, names }: { task: string; state: string; names: Map<string, string> }) {
  const { value, fault } = useLoaded<{ datasets: Dataset[] }>((signal) => ask('/queryDataset', { query: { task_name: task }, signal }), [task, state]);
  if (fault) return <FaultBox fault={fault} />;
  if (!value) return null;
  if (value.datasets.length === 0) return <p class="empty">{t('makes_no_data')}</p>;
  return <DatasetTable datasets={value.datasets} names={names} tasks={false} />;
}

export function DatasetTable({ datasets, names, tasks }: { datasets: Dataset[]; names: Map<string, string>; tasks: boolean }) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th>{t('path')}</th>
          {tasks && <th>{t('made_by')}</th>}
          <th>{t('node')}</th>
          <th class="number">{t('train_rows')}</th>
          <th class="number">{t('test_rows')}</th>
          <th>{t('columns')}</th>
          <th>{t('alignment_id')}</th>
        </tr>
      </thead>
      <tbody>
        {datasets.map((one) => (
          <tr>
            <td class="name" title={one.files.join('\n')}>
              {one.out_data_path}
            </td>
            {tasks && (
              <td data-label={t('made_by')}>
                <a href={taskLink(one.task_name ?? '')}>{one.task_name}</a> <span class="muted">{named('state_', one.state ?? '')}</span>
              </td>
            )}
            <td data-label={t('node')}>
              {names.get(one.node) ?? ''} <span class="muted">{one.node}</span>
            </td>
            <td class="number" data-label={t('train_rows')}>
              {one.rows ? whole(one.rows[0]) : '–'}
            </td>
            <td class="number" data-label={t('test_rows')}>
              {one.rows ? whole(one.rows[1]) : '–'}
            </td>
            <td class="columns" data-label={t('columns')} title={one.columns?.join(', ')}>
              {one.columns ? one.columns.join(', ') : '–'}
            </td>
            <td data-label={t('alignment_id')}>{one.alignment_id ? <code title={one.alignment_id}>{one.alignment_id.slice(0, 12)}</code> : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Source({ document }: { document: TaskDocument }) {
  const text = JSON.stringify(document.task, null, 2);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <>
      <div class="filters">
        {navigator.clipboard && (
          <button type="button" onClick={copy}>
            {copied ? t('copied') : t('copy')}
          </button>
        )}
        <a class="button" href={`#/new?from=${encodeURIComponent(document.task.task_name)}`}>
          {t('new_from')}
        </a>
      </div>
      <pre class="source" tabIndex={0}>
        {text}
      </pre>
    </>
  );
}
