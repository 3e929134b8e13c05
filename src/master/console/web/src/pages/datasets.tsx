import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api';
import { t } from '../i18n';
import type { Dataset } from '../model';
import { FaultBox } from '../parts/fault';
import { nodeNames } from '../parts/nodes';
import { Pager } from '../parts/pager';
import { useLoaded, useSettled } from '../parts/use';
import { go, listLink, type Place } from '../route';
import { DatasetTable } from './task_tabs';

const kLimit = 100;

export function Datasets({ place }: { place: Place }) {
  const { search = '', page = '1' } = place.query;
  const [text, setText] = useState(search);
  const settled = useSettled(text, 200);
  const number = Math.max(1, Number(page) || 1);
  const [names, setNames] = useState(new Map<string, string>());
  useEffect(() => void nodeNames().then(setNames), []);
  useEffect(() => {
    if (settled !== search) go(listLink('datasets', { search: settled }), true);
  }, [settled]);
  const { value, fault } = useLoaded<{ total: number; datasets: Dataset[] }>((signal) => ask('/listDatasets', { query: { limit: kLimit, page: number, search }, signal }), [number, search], 10_000);
  return (
    <main>
      <div class="head">
        <h1>{t('datasets')}</h1>
      </div>
      <div class="filters">
        <input type="search" id="search" placeholder={t('search_datasets')} aria-label={t('search_datasets')} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      {fault && <FaultBox fault={fault} />}
      {value && value.datasets.length === 0 && <p class="empty">{search !== '' ? t('none_fit') : t('no_datasets')}</p>}
      {value && value.datasets.length > 0 && (
        <>
          <DatasetTable datasets={value.datasets} names={names} tasks />
          <Pager total={value.total} page={number} limit={kLimit} go={(to) => go(listLink('datasets', { search, page: String(to) }), true)} />
        </>
      )}
    </main>
  );
}
