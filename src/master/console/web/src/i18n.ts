import { en, type Words } from './words/en';
import { zh } from './words/zh';
import { zhLearnt } from './words/zh_learnt';
import { Cell } from './cell';

export type Language = 'en' | 'zh';
const kTables: Record<Language, Words> = { en, zh };
const kKey = 'pai.language';

function first(): Language {
  if (typeof localStorage === 'undefined') return 'en'; // a test, without a browser
  const kept = localStorage.getItem(kKey);
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const language = new Cell<Language>(first());

export function setLanguage(to: Language): void {
  localStorage.setItem(kKey, to);
  document.documentElement.lang = to === 'zh' ? 'zh-CN' : 'en';
  language.set(to);
}

export type Key = keyof Words;

/** The words for `key` in the language that is chosen; `{name}` stands for a value. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return kTables[language.get()][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** What a message or a node tells, in the language that is chosen: the programs say it in English. */
export function learnt(sentence: string): string {
  return language.get() === 'zh' ? (zhLearnt[sentence] ?? sentence) : sentence;
}

/** As t, for a name that the API says: one that has no words is shown as it is. */
export function named(prefix: string, name: string): string {
  const key = `${prefix}${name}`;
  return key in en ? t(key as Key) : name;
}
