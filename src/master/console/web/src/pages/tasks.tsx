import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api';
import { duration, localTime, secondsBetween } from '../format';
import { t } from '../i18n';
import type { TaskSummary } from '../model';
import { FaultBox } from '../parts/fault';
import { Pager } from '../parts/pager';
import { State } from '../parts/state';
import { useLoaded, useNow, useSettled } from '../parts/use';
import { go, listLink, taskLink, type Place } from '../route';

const kLimit = 100;
const kEvery = 4000;
const kStates = ['Running', 'Created', 'AwaitingApproval', 'Finished', 'Failed', 'Stopped'] as const;

interface Page {
  total: number;
  tasks: TaskSummary[];
}

export function Tasks({ place }: { place: Place }) {
  const { search = '', status = '', page = '1' } = place.query;
  const [text, setText] = useState(search);
  const settled = useSettled(text, 200);
  const number = Math.max(1, Number(page) || 1);
  const input = useRef<HTMLInputElement>(null);
  const show = (query: Record<string, string>): void => go(listLink('tasks', { search: settled, status, ...query }), true);
  useEffect(() => {
    if (settled !== search) show({});
  }, [settled]);
  const { value, fault, again } = useLoaded<Page>(
    (signal) => ask('/listTasks', { query: { limit: kLimit, page: number, status, search }, signal }),
    [number, status, search],
    kEvery,
  );
  const now = useNow();
  return (
    <main>
      <div class="head">
        <h1>{t('tasks')}</h1>
        <a class="button primary" href="#/new">
          {t('new_task')}
        </a>
      </div>
      <div class="filters">
        <input type="search" ref={input} id="search" placeholder={t('search_tasks')} aria-label={t('search_tasks')} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <div class="choices" role="group" aria-label={t('state')}>
          {['', ...kStates].map((state) => (
            <button type="button" aria-pressed={status === state} onClick={() => show({ status: state })}>
              {state === '' ? t('all') : t(`state_${state}` as 'state_Running')}
            </button>
          ))}
        </div>
      </div>
      {fault && <FaultBox fault={fault} onClose={again} />}
      {value && value.tasks.length === 0 && <p class="empty">{search !== '' || status !== '' ? t('none_fit') : t('no_tasks')}</p>}
      {value && value.tasks.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th>{t('task')}</th>
              <th>{t('state')}</th>
              <th class="number">{t('parties')}</th>
              <th>{t('created')}</th>
              <th>{t('by')}</th>
              <th class="number">{t('took')}</th>
              <th>{t('cause')}</th>
            </tr>
          </thead>
          <tbody>
            {value.tasks.map((task) => {
              const took = secondsBetween(task.started_at, task.ended_at, now);
              return (
                <tr key={task.task_name}>
                  <td class="name">
                    <a href={taskLink(task.task_name)}>{task.task_name}</a>
                  </td>
                  <td data-label={t('state')}>
                    <State state={task.msg} exact={task.state} />
                  </td>
                  <td class="number" data-label={t('parties')}>
                    {task.clients}
                  </td>
                  <td class="time" data-label={t('created')}>
                    {localTime(task.created_at)}
                  </td>
                  <td data-label={t('by')}>{task.created_by ?? '–'}</td>
                  <td class="number" data-label={t('took')}>
                    {took === null ? '–' : duration(took)}
                  </td>
                  <td class="cause" data-label={t('cause')} title={task.cause}>
                    {task.cause}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {value && value.total > 0 && <Pager total={value.total} page={number} limit={kLimit} go={(to) => show({ page: String(to) })} />}
    </main>
  );
}
