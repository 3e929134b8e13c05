import { Cell } from './cell';

export type Theme = 'auto' | 'light' | 'dark';
const kKey = 'pai.theme';

function first(): Theme {
  const kept = localStorage.getItem(kKey);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

export const theme = new Cell<Theme>(first());
/** Counts up when colours have changed: what is drawn on a canvas must be drawn again. */
export const colours = new Cell<number>(0);

export function setTheme(to: Theme): void {
  localStorage.setItem(kKey, to);
  apply(to);
}

function apply(to: Theme): void {
  if (to === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
  theme.set(to);
  colours.set(colours.get() + 1);
}

export function startTheme(): void {
  apply(theme.get());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colours.set(colours.get() + 1));
}

export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
