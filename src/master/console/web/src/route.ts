import { Cell } from './cell';

/** Where in the console: it stands behind the #, so that it is sent nowhere. */
export interface Place {
  page: 'tasks' | 'task' | 'new' | 'nodes' | 'datasets';
  task: string;
  tab: string;
  query: Record<string, string>;
}

export function parsePlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page = '', name = '', tab = ''] = path.split('/').map(decode);
  const query = Object.fromEntries(new URLSearchParams(search));
  if (page === 'tasks' && name !== '') return { page: 'task', task: name, tab, query };
  if (page === 'new' || page === 'nodes' || page === 'datasets') return { page, task: '', tab: name, query };
  return { page: 'tasks', task: '', tab: '', query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const taskLink = (name: string, tab = ''): string => `#/tasks/${encodeURIComponent(name)}${tab === '' ? '' : `/${tab}`}`;

export function listLink(page: string, query: Record<string, string>): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${page}${search === '' ? '' : `?${search}`}`;
}

export const place = new Cell<Place>(parsePlace(typeof location === 'undefined' ? '' : location.hash));

export function go(link: string, replace = false): void {
  if (replace) {
    history.replaceState(null, '', link);
    place.set(parsePlace(link));
  } else {
    location.hash = link;
  }
}

export function listenToPlace(): void {
  addEventListener('hashchange', () => place.set(parsePlace(location.hash)));
}
