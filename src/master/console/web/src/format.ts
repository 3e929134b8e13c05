/** Figures and times as the console shows them. Pure. */

const two = (value: number): string => String(value).padStart(2, '0');

/** 1234567 → "1,234,567": the same in both languages, and as the logs' readers know it. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A rate: whole from 100 on, else with one or two digits behind the point. */
export function rate(value: number): string {
  if (value >= 100) return whole(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Seconds: "0.42 s", "12.3 s", "3 min 05 s", "2 h 07 min", "3 d 4 h". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(Math.floor(seconds % 60))} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Bytes in steps of 1,000: "950 B", "1.2 MB". */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

/** "2026-11-28 06:31:07", in the zone of who looks; "–" for none. */
export function localTime(iso: string | null): string {
  if (iso === null) return '–';
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return (
    `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  );
}

/** Seconds from one time to another, or to now; null where there is no beginning. */
export function secondsBetween(from: string | null, to: string | null, now: number): number | null {
  if (from === null) return null;
  const begin = Date.parse(from);
  const end = to === null ? now : Date.parse(to);
  return Number.isNaN(begin) || Number.isNaN(end) ? null : Math.max(0, (end - begin) / 1000);
}

/** A metric: four digits behind the point, as record.csv's readers compare them. */
export function metric(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(4);
}

/** Part that is done, from 0 to 1; null where the total is not known. */
export function part(done: number, total: number): number | null {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : null;
}
