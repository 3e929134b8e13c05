import { useState } from 'preact/hooks';
import { FaultBox } from '../parts/fault';
import { t } from '../i18n';
import type { Fault } from '../model';
import { enter, signIn } from '../session';

export function SignIn({ fault }: { fault: Fault | null }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await signIn(text);
    setBusy(false);
  };
  const retry = async (): Promise<void> => {
    setBusy(true);
    await enter();
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>{t('sign_in')}</h1>
        <p class="muted">{t('sign_in_text')}</p>
        {fault && <FaultBox fault={fault} />}
        <label>
          {t('token')}
          <input type="password" name="token" autocomplete="off" spellcheck={false} value={text} placeholder="pai_…" onInput={(event) => setText(event.currentTarget.value)} autofocus required />
        </label>
        <div class="buttons">
          {fault?.status === 0 && (
            <button type="button" onClick={retry} disabled={busy}>
              {t('try_again')}
            </button>
          )}
          <button type="submit" class="primary" disabled={busy || text.trim() === ''}>
            {busy ? t('working') : t('sign_in')}
          </button>
        </div>
        <p class="muted small">{t('sign_in_note')}</p>
      </form>
    </main>
  );
}
