import { useState } from 'preact/hooks';
import { ApiError, ask } from '../api';
import { t } from '../i18n';
import type { Fault, NodeEntry, WhoAmI } from '../model';
import { FaultBox } from '../parts/fault';
import { useLoaded } from '../parts/use';
import { may } from '../session';

const kEvery = 15_000;
const kSkewMax = 2; // seconds; above it logs of two nodes no longer read in order
const kDaysSoon = 30;
const kDaysNow = 7;

interface Check {
  check: string;
  where: string;
  fine: boolean;
  found: string;
}

export function Nodes({ who }: { who: WhoAmI }) {
  const { value, fault, loading, again } = useLoaded<{ nodes: NodeEntry[] }>((signal) => ask('/listNodes', { query: { limit: 1000 }, signal }), [], kEvery);
  const [checks, setChecks] = useState<Check[] | null>(null);
  const [refused, setRefused] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const preflight = async (): Promise<void> => {
    setBusy(true);
    setRefused(null);
    try {
      setChecks((await ask<{ rows: Check[] }>('/preflight', { method: 'POST' })).rows);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setRefused(error.fault);
    }
    setBusy(false);
  };
  return (
    <main>
      <div class="head">
        <h1>{t('nodes')}</h1>
        <div class="buttons">
          <button type="button" onClick={again} disabled={loading}>
            {t('ask_again')}
          </button>
          <button type="button" class="primary" onClick={preflight} disabled={busy || !may(who.role, 'operator')} title={may(who.role, 'operator') ? '' : t('needs_operator', { role: who.role })}>
            {busy ? t('working') : t('preflight')}
          </button>
        </div>
      </div>
      {fault && <FaultBox fault={fault} />}
      {!value && loading && <p class="empty">{t('asking_nodes')}</p>}
      {value && value.nodes.length === 0 && <p class="empty">{t('no_nodes')}</p>}
      {value && value.nodes.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th>{t('node')}</th>
              <th>{t('address')}</th>
              <th>{t('reachable')}</th>
              <th>{t('version')}</th>
              <th class="number">{t('clock')}</th>
              <th class="number">{t('certificate')}</th>
              <th>{t('identity')}</th>
            </tr>
          </thead>
          <tbody>
            {value.nodes.map((node) => (
              <tr key={node.node}>
                <td class="name">{node.name || node.node}</td>
                <td data-label={t('address')}>{node.node}</td>
                <td data-label={t('reachable')}>
                  {node.reachable ? <span class="good">✓ {t('yes')}</span> : <span class="bad">✕ {t('no')}</span>}
                  {node.reason && <div class="bad small">{node.reason}</div>}
                </td>
                <td data-label={t('version')}>{node.version ?? '–'}</td>
                <td class="number" data-label={t('clock')}>
                  {node.clock_skew_s === null ? '–' : <span class={Math.abs(node.clock_skew_s) > kSkewMax ? 'bad' : ''}>{skew(node.clock_skew_s)}</span>}
                </td>
                <td class="number" data-label={t('certificate')}>
                  {node.certificate_days_left === null ? '–' : <span class={node.certificate_days_left < kDaysNow ? 'bad' : node.certificate_days_left < kDaysSoon ? 'warn' : ''}>{t('days', { days: node.certificate_days_left })}</span>}
                </td>
                <td data-label={t('identity')}>{node.identity || '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {refused && <FaultBox fault={refused} />}
      {checks && (
        <section class="card">
          <h2>
            {t('preflight')} {checks.every((one) => one.fine) ? <span class="good">✓ {t('all_fine')}</span> : <span class="bad">✕ {t('not_fine', { count: checks.filter((one) => !one.fine).length })}</span>}
          </h2>
          <table class="list">
            <thead>
              <tr>
                <th>{t('check')}</th>
                <th>{t('where_found')}</th>
                <th>{t('result')}</th>
                <th>{t('found')}</th>
              </tr>
            </thead>
            <tbody>
              {[...checks].sort((a, b) => Number(a.fine) - Number(b.fine)).map((one) => (
                <tr>
                  <td data-label={t('check')}>{one.check}</td>
                  <td data-label={t('where_found')}>{one.where}</td>
                  <td data-label={t('result')}>{one.fine ? <span class="good">✓ {t('fine')}</span> : <span class="bad">✕ {t('wrong')}</span>}</td>
                  <td data-label={t('found')}>{one.found}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </main>
  );
}

function skew(seconds: number): string {
  const sign = seconds < 0 ? '−' : '+';
  return `${sign}${Math.abs(seconds).toFixed(Math.abs(seconds) < 10 ? 3 : 1)} s`;
}
