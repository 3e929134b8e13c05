import type { Fault } from '../model';
import { t } from '../i18n';

/** An error as the API tells it: the sentence, each detail with its place, and what to do about it. */
export function FaultBox({ fault, onClose }: { fault: Fault; onClose?: () => void }) {
  return (
    <div class="fault" role="alert">
      <div class="fault-head">
        <strong>{fault.message}</strong>
        {onClose && (
          <button type="button" class="plain" onClick={onClose} aria-label={t('close')}>
            ✕
          </button>
        )}
      </div>
      {fault.details.length > 0 && (
        <ul>
          {fault.details.map((detail) => {
            const where = detail.path ?? detail.node ?? detail.client ?? detail.file;
            return (
              <li>
                {where && <code>{where}</code>} {detail.message}
              </li>
            );
          })}
        </ul>
      )}
      {fault.hint !== '' && (
        <p class="hint">
          <span class="hint-mark">{t('hint')}</span> {fault.hint}
        </p>
      )}
    </div>
  );
}
