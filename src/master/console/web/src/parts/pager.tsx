import { t } from '../i18n';
import { whole } from '../format';

/** Which part of a list is shown, and the way to the others. */
export function Pager({ total, page, limit, go }: { total: number; page: number; limit: number; go: (page: number) => void }) {
  const pages = Math.max(1, Math.ceil(total / limit));
  const from = total === 0 ? 0 : (page - 1) * limit + 1;
  return (
    <nav class="pager" aria-label={t('pages')}>
      <span>{t('rows_of', { from: whole(from), to: whole(Math.min(total, page * limit)), total: whole(total) })}</span>
      {pages > 1 && (
        <>
          <button type="button" disabled={page <= 1} onClick={() => go(page - 1)}>
            ← {t('newer')}
          </button>
          <button type="button" disabled={page >= pages} onClick={() => go(page + 1)}>
            {t('older')} →
          </button>
        </>
      )}
    </nav>
  );
}
