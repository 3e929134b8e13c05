import { useState } from 'preact/hooks';
import { ask } from '../api';
import { t, type Key } from '../i18n';
import { hasEnded, type Status, type WhoAmI } from '../model';
import { Confirm } from '../parts/dialog';
import { go } from '../route';
import { may, mayDelete } from '../session';

type Action = 'start' | 'stop' | 'retry' | 'delete';

interface Props {
  status: Status;
  who: WhoAmI;
  family: string;
  done: () => void;
}

/** What can be done with a task in its state, by who looks. What the role does not allow is shown, and says which role does. */
export function Actions({ status, who, family, done }: Props) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [options, setOptions] = useState({ datasets: false, force: false, resume: false });
  const operator = may(who.role, 'operator');
  const task = status.task_name;
  const offered: Action[] = [];
  if (status.state === 'Created') offered.push('start');
  if (!hasEnded(status.state) && status.state !== 'Created') offered.push('stop');
  if (status.state === 'Failed' || status.state === 'Stopped') offered.push('retry');
  offered.push('delete');

  const refusal = (action: Action): string => {
    if (!operator) return t('needs_operator', { role: who.role });
    if (action === 'delete' && !mayDelete(who, status.created_by)) return t('needs_admin_delete');
    return '';
  };
  const act = async (): Promise<void> => {
    const query = {
      task_name: task,
      datasets: asked === 'delete' && options.datasets,
      force: (asked === 'delete' || asked === 'stop') && options.force,
      resume: asked === 'retry' && options.resume,
    };
    await ask(`/${asked}Task`, { method: 'POST', query });
    if (asked === 'delete') go('#/tasks');
    else done();
  };
  const option = (name: 'datasets' | 'force' | 'resume', words: Key) => (
    <label class="check">
      <input type="checkbox" checked={options[name]} onChange={(event) => setOptions({ ...options, [name]: event.currentTarget.checked })} /> {t(words)}
    </label>
  );
  return (
    <div class="buttons">
      {offered.map((action) => (
        <button type="button" class={action === 'start' ? 'primary' : action === 'delete' ? 'danger-quiet' : ''} disabled={refusal(action) !== ''} title={refusal(action)} onClick={() => setAsked(action)}>
          {t(`do_${action}` as Key)}
        </button>
      ))}
      {asked && (
        <Confirm title={t(`ask_${asked}` as Key, { task })} confirm={t(`do_${asked}` as Key)} dangerous={asked === 'delete' || asked === 'stop'} act={act} close={() => setAsked(null)}>
          <p>{t(`ask_${asked}_text` as Key)}</p>
          {asked === 'delete' && option('datasets', 'with_datasets')}
          {asked === 'retry' && family !== 'alignment' && option('resume', 'with_resume')}
          {(asked === 'delete' || asked === 'stop') && may(who.role, 'admin') && option('force', 'with_force')}
        </Confirm>
      )}
    </div>
  );
}
