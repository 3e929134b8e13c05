import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { t } from '../i18n';
import type { Fault } from '../model';
import { FaultBox } from './fault';

interface Props {
  title: string;
  confirm: string;
  dangerous?: boolean;
  children: ComponentChildren;
  act: () => Promise<void>;
  close: () => void;
}

/** Asks before something is done; stays with the error when it was refused. */
export function Confirm({ title, confirm, dangerous, children, act, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await act();
      close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(error.fault);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="dialog-title">
      <form onSubmit={submit}>
        <h2 id="dialog-title">{title}</h2>
        {children}
        {fault && <FaultBox fault={fault} />}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            {t('cancel')}
          </button>
          <button type="submit" class={dangerous ? 'danger' : 'primary'} disabled={busy}>
            {busy ? t('working') : confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
