import { EventParser, type ServerEvent } from './events';
import type { Detail, Fault } from './model';
import { t } from './i18n';

/** An answer that is an error, or no answer (status 0). */
export class ApiError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** The token stays in this tab: it is in no URL, no cookie and no storage that outlives the tab. */
const kTokenKey = 'pai.token';
export const token = {
  get: (): string => sessionStorage.getItem(kTokenKey) ?? '',
  set: (value: string): void => sessionStorage.setItem(kTokenKey, value),
  clear: (): void => sessionStorage.removeItem(kTokenKey),
};

type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  method?: 'GET' | 'POST';
  query?: Query;
  body?: string;
  signal?: AbortSignal;
}

let signedOut: (fault: Fault) => void = () => undefined;
/** Called when the master no longer takes what the caller shows (401). */
export function onSignedOut(callback: (fault: Fault) => void): void {
  signedOut = callback;
}

function target(path: string, query: Query = {}): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '' && value !== false)
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return parts.length > 0 ? `${path}?${parts.join('&')}` : path;
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  const held = token.get();
  return held === '' ? more : { ...more, Authorization: `Bearer ${held}` };
}

/** The error that an answer carries; a proxy's page carries none. */
export function faultOf(status: number, document: unknown): Fault {
  const said = (document as { error?: Partial<Fault> } | null)?.error;
  return {
    status,
    code: said?.code ?? '',
    message: said?.message ?? `HTTP ${status}`,
    hint: said?.hint ?? '',
    details: (said?.details ?? []) as Detail[],
  };
}

function unreachable(): ApiError {
  return new ApiError({ status: 0, code: '', message: t('unreachable'), hint: t('unreachable_hint'), details: [] });
}

async function send(path: string, call: Call, more: Record<string, string> = {}): Promise<Response> {
  const method = call.method ?? (call.body === undefined ? 'GET' : 'POST');
  let response: Response;
  try {
    response = await fetch(target(path, call.query), {
      method,
      headers: headers(call.body === undefined ? more : { ...more, 'Content-Type': 'application/json' }),
      body: call.body ?? null,
      signal: call.signal ?? null,
      cache: 'no-store',
    });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  const document: unknown = await response.json().catch(() => null);
  const fault = faultOf(response.status, document);
  if (response.status === 401) signedOut(fault);
  throw new ApiError(fault);
}

/** One call of the API; throws an ApiError. */
export async function ask<T>(path: string, call: Call = {}): Promise<T> {
  const response = await send(path, call);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw unreachable();
  }
}

/**
 * Reads an event stream with fetch, since an EventSource cannot show a token. Returns when the stream ends; throws an
 * ApiError when it is refused or breaks.
 */
export async function follow(path: string, query: Query, lastId: string, signal: AbortSignal, take: (event: ServerEvent) => void): Promise<void> {
  const response = await send(path, { query, signal }, lastId === '' ? {} : { 'Last-Event-ID': lastId });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw unreachable();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of parser.feed(value)) take(event);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
}
