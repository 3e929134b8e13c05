/** Finds the line of a JSON path in a text, so that a fault is marked where it stands. The text may be broken: what comes
 * before the break is found. Pure. */

/** `clients[2].client_config.port` → line from 0. Keys as the master writes them: joined by dots, indices in brackets. */
export function placesOf(text: string): Map<string, number> {
  const places = new Map<string, number>();
  let at = 0;
  let line = 0;

  const step = (): void => {
    if (text[at] === '\n') line++;
    at++;
  };
  const blank = (): void => {
    while (at < text.length && /\s/.test(text[at] as string)) step();
  };
  const word = (): string => {
    let raw = '';
    step(); // the quote
    while (at < text.length && text[at] !== '"') {
      if (text[at] === '\\') {
        raw += text[at];
        step();
      }
      raw += text[at] ?? '';
      step();
    }
    step();
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      return raw;
    }
  };
  // False: the text is broken here.
  const value = (path: string): boolean => {
    blank();
    if (!places.has(path)) places.set(path, line);
    if (text[at] === '{') return members(path);
    if (text[at] === '[') return elements(path);
    if (text[at] === '"') {
      word();
      return true;
    }
    const begin = at;
    while (at < text.length && !/[\s,\]}]/.test(text[at] as string)) step();
    return at > begin;
  };
  const members = (path: string): boolean => {
    step();
    for (blank(); at < text.length && text[at] !== '}'; blank()) {
      if (text[at] !== '"') return false;
      const keyLine = line;
      const key = word();
      const inner = path === '' ? key : `${path}.${key}`;
      places.set(inner, keyLine);
      blank();
      if (text[at] !== ':') return false;
      step();
      if (!value(inner)) return false;
      blank();
      if (text[at] === ',') step();
      else if (text[at] !== '}') return false;
    }
    step();
    return true;
  };
  const elements = (path: string): boolean => {
    step();
    let index = 0;
    for (blank(); at < text.length && text[at] !== ']'; blank()) {
      if (!value(`${path}[${index++}]`)) return false;
      blank();
      if (text[at] === ',') step();
      else if (text[at] !== ']') return false;
    }
    step();
    return true;
  };
  value('');
  return places;
}

/** The line of `path`, or of the nearest place around it that the text has (what is missing has no line of its own). */
export function lineOf(places: Map<string, number>, path: string): number | null {
  for (let rest = path; rest !== ''; rest = rest.replace(/(\.[^.[\]]*|\[\d+\]|^[^.[\]]+)$/, '')) {
    const line = places.get(rest);
    if (line !== undefined) return line;
    if (!/[.[\]]/.test(rest)) break;
  }
  return places.get('') ?? null;
}
