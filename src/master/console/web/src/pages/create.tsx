import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask } from '../api';
import { t, type Key } from '../i18n';
import type { ClientType, Fault, NodeEntry, TaskDocument, WhoAmI } from '../model';
import { FaultBox } from '../parts/fault';
import { useLoaded } from '../parts/use';
import { placeFaults, type PlacedFault } from '../place_faults';
import { go, taskLink, type Place } from '../route';
import { may } from '../session';
import { draftOf, kJobs, template, type Job } from '../templates';
import { TaskForm } from './create_form';
import { Editor } from './editor';

export function Create({ place, who }: { place: Place; who: WhoAmI }) {
  const [text, setText] = useState('');
  const [view, setView] = useState<'form' | 'json'>('form');
  const [fault, setFault] = useState<Fault | null>(null);
  const [judged, setJudged] = useState(''); // the text that `fault` is about
  const [fine, setFine] = useState('');
  const [busy, setBusy] = useState('');
  const types = useLoaded<{ types: ClientType[] }>((signal) => ask('/clientTypes', { signal }), []);
  const nodes = useLoaded<{ nodes: NodeEntry[] }>((signal) => ask('/listNodes', { query: { limit: 1000 }, signal }), []);
  const editor = useRef<{ show: (line: number) => void }>(null);
  const from = place.query.from ?? '';

  useEffect(() => {
    if (from === '') return;
    void ask<TaskDocument>('/queryDocument', { query: { task_name: from } }).then(
      ({ task }) => setText(JSON.stringify({ ...task, task_name: `${task.task_name}-2` }, null, 2)),
      (error) => {
        if (error instanceof ApiError) setFault(error.fault);
      },
    );
  }, [from]);

  const choose = (job: Job): void => {
    setText(JSON.stringify(template(job, '', (nodes.value?.nodes ?? []).filter((node) => node.reachable)), null, 2));
    setFault(null);
    setFine('');
  };
  const edit = (fresh: string): void => {
    setText(fresh);
    setFine('');
  };
  const send = async (what: 'check' | 'create' | 'start'): Promise<void> => {
    setBusy(what);
    setFault(null);
    setFine('');
    setJudged(text);
    try {
      const answer = await ask<{ task_name: string; state?: string }>(what === 'check' ? '/checkTask' : '/createTask', { body: text });
      if (what === 'check') {
        setFine(t('check_fine'));
      } else {
        if (what === 'start' && answer.state !== 'AwaitingApproval') await ask('/startTask', { method: 'POST', query: { task_name: answer.task_name } });
        go(taskLink(answer.task_name));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(error.fault);
    }
    setBusy('');
  };

  const draft = draftOf(text);
  const faults: PlacedFault[] = fault && fault.status !== 0 && text !== '' ? placeFaults(judged, fault) : [];
  const operator = may(who.role, 'operator');
  const stale = fault !== null && judged !== text;
  return (
    <main>
      <div class="head">
        <h1>{t('new_task')}</h1>
        <div class="choices" role="group" aria-label={t('view')}>
          <button type="button" aria-pressed={view === 'form'} onClick={() => setView('form')}>
            {t('form')}
          </button>
          <button type="button" aria-pressed={view === 'json'} onClick={() => setView('json')}>
            JSON
          </button>
        </div>
      </div>
      {!operator && <div class="notice">{t('needs_operator', { role: who.role })}</div>}
      <div class="filters">
        <span class="muted">{t('start_with')}</span>
        <div class="buttons">
          {kJobs.map((job) => (
            <button type="button" disabled={!nodes.value && !nodes.fault} onClick={() => choose(job)}>
              {t(`job_${job}` as Key)}
            </button>
          ))}
        </div>
      </div>
      {text === '' && view === 'form' && <p class="empty">{t('form_empty')}</p>}
      {view === 'form' && text !== '' && !draft && <p class="notice">{t('form_cannot')}</p>}
      {view === 'form' && draft && <TaskForm draft={draft} types={types.value?.types ?? []} nodes={nodes.value?.nodes ?? []} faults={fault?.details ?? []} change={(fresh) => edit(JSON.stringify(fresh, null, 2))} />}
      {view === 'json' && <Editor text={text} change={edit} faults={faults} handle={editor} />}
      {types.fault && <FaultBox fault={types.fault} />}
      {fault && (
        <div class="fault" role="alert" id="faults">
          <strong>{fault.message}</strong>
          {stale && <span class="muted"> ({t('stale')})</span>}
          {fault.details.length > 0 && (
            <ul>
              {faults.map((one) => (
                <li>
                  {one.line !== null && (
                    <button
                      type="button"
                      class="plain link"
                      onClick={() => {
                        setView('json');
                        requestAnimationFrame(() => editor.current?.show(one.line ?? 0));
                      }}
                    >
                      {t('line', { line: one.line + 1 })}
                    </button>
                  )}{' '}
                  {one.where !== '' && <code>{one.where}</code>} {one.message}
                </li>
              ))}
            </ul>
          )}
          {fault.hint !== '' && (
            <p class="hint">
              <span class="hint-mark">{t('hint')}</span> {fault.hint}
            </p>
          )}
        </div>
      )}
      {fine !== '' && (
        <div class="done" role="status">
          ✓ {fine}
        </div>
      )}
      <div class="buttons submit">
        <button type="button" disabled={!operator || busy !== '' || text === ''} onClick={() => void send('check')}>
          {busy === 'check' ? t('working') : t('check_only')}
        </button>
        <button type="button" disabled={!operator || busy !== '' || text === ''} onClick={() => void send('create')}>
          {busy === 'create' ? t('working') : t('create')}
        </button>
        <button type="button" class="primary" disabled={!operator || busy !== '' || text === ''} onClick={() => void send('start')}>
          {busy === 'start' ? t('working') : t('create_start')}
        </button>
      </div>
    </main>
  );
}
