import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { useCell } from './cell';
import { language, setLanguage, t, type Key } from './i18n';
import { Create } from './pages/create';
import { Datasets } from './pages/datasets';
import { Nodes } from './pages/nodes';
import { SignIn } from './pages/sign_in';
import { Task } from './pages/task';
import { Tasks } from './pages/tasks';
import { listenToPlace, place, type Place } from './route';
import { enter, session, signOut, type Session } from './session';
import { setTheme, startTheme, theme, type Theme } from './theme';

const kPages = ['tasks', 'datasets', 'nodes', 'new'] as const;
const kThemes: Theme[] = ['auto', 'light', 'dark'];

function Top({ now, at }: { now: Session; at: Place }) {
  const words = useCell(language);
  const look = useCell(theme);
  return (
    <header class="top">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>('main')?.focus(); }}>
        {t('skip')}
      </a>
      <a class="brand" href="#/tasks">
        PAI
      </a>
      {now.state === 'in' && (
        <nav aria-label={t('pages')}>
          {kPages.map((page) => (
            <a href={`#/${page}`} aria-current={at.page === page || (page === 'tasks' && at.page === 'task') ? 'page' : undefined}>
              {t(`page_${page}` as Key)}
            </a>
          ))}
        </nav>
      )}
      <div class="right">
        {now.state === 'in' && (
          <span class="who" title={now.who.credential}>
            {now.who.name ?? t('anybody')} <span class="tag">{t(`role_name_${now.who.role}` as Key)}</span>
          </span>
        )}
        <button type="button" class="plain" onClick={() => setTheme(kThemes[(kThemes.indexOf(look) + 1) % kThemes.length] as Theme)} title={t('theme')} aria-label={`${t('theme')}: ${t(`theme_${look}` as Key)}`}>
          {look === 'auto' ? '◐' : look === 'light' ? '☀' : '☾'}
        </button>
        <button type="button" class="plain" lang={words === 'en' ? 'zh-CN' : 'en'} onClick={() => setLanguage(words === 'en' ? 'zh' : 'en')}>
          {words === 'en' ? '中文' : 'English'}
        </button>
        {now.state === 'in' && now.byToken && (
          <button type="button" class="plain" onClick={signOut}>
            {t('sign_out')}
          </button>
        )}
      </div>
    </header>
  );
}

function Page({ now, at }: { now: Session; at: Place }) {
  if (now.state === 'asking') return <main class="empty">{t('working')}</main>;
  if (now.state === 'out') return <SignIn fault={now.fault} />;
  switch (at.page) {
    case 'tasks':
      return <Tasks place={at} />;
    case 'task':
      return <Task key={at.task} place={at} who={now.who} />;
    case 'new':
      return <Create key={at.query.from ?? ''} place={at} who={now.who} />;
    case 'nodes':
      return <Nodes who={now.who} />;
    case 'datasets':
      return <Datasets place={at} />;
  }
}

function Console() {
  const now = useCell(session);
  const at = useCell(place);
  const words = useCell(language);
  useEffect(() => {
    document.title = at.page === 'task' ? `${at.task} · PAI` : `${t(`page_${at.page}` as Key)} · PAI`;
  }, [at, words]);
  return (
    <>
      <Top now={now} at={at} />
      <Page now={now} at={at} />
      <footer class="muted small">
        {t('keys')} · <a href={licences}>{t('licences')}</a>
      </footer>
    </>
  );
}

declare const PAI_LICENCES: string; // put in by build.mjs: the file's name changes with its content
const licences = PAI_LICENCES;

/** "/" searches, "n" begins a task, "t" lists tasks; not while somebody writes. */
function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || at.closest('input, textarea, select, dialog')) return;
    if (event.key === '/') {
      const search = document.getElementById('search');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
    if (session.get().state !== 'in') return;
    if (event.key === 'n') location.hash = '#/new';
    if (event.key === 't') location.hash = '#/tasks';
  });
}

startTheme();
setLanguage(language.get());
listenToPlace();
listenToKeys();
void enter();
render(<Console />, document.getElementById('console') as HTMLElement);
