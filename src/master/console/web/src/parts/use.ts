import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import type { Fault } from '../model';

export interface Loaded<T> {
  value: T | null;
  fault: Fault | null;
  loading: boolean;
  again: () => void;
}

/** Loads, and loads again every `everyMs` while the page is seen (0: once). What was there stays until what is new has come. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: unknown[], everyMs = 0): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      if (!document.hidden) {
        setLoading(true);
        try {
          const fresh = await loader.current(stop.signal);
          if (stop.signal.aborted) return;
          setValue(() => fresh);
          setFault(null);
        } catch (error) {
          if (stop.signal.aborted) return;
          if (!(error instanceof ApiError)) throw error;
          setFault(error.fault);
        }
        setLoading(false);
      }
      if (everyMs > 0) timer = setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [...on, turn]);
  const again = useCallback(() => setTurn((number) => number + 1), []);
  return { value, fault, loading, again };
}

/** The time, every second: for what says "since". */
export function useNow(moving = true): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!moving) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [moving]);
  return moving ? now : Date.now();
}

/** `value` after it has been the same for `ms`: not every key that is pressed asks the master. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** `value`, but followed every `ms` at most; the last one is always reached. */
export function usePaced<T>(value: T, ms: number): T {
  const [paced, setPaced] = useState(value);
  const followed = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, followed.current + ms - Date.now());
    const timer = setTimeout(() => {
      followed.current = Date.now();
      setPaced(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return paced;
}

/** The width in CSS pixels of the element that `ref` is given to. */
export function useWidth<E extends Element>(): { ref: (element: E | null) => void; width: number } {
  const [width, setWidth] = useState(0);
  const [element, ref] = useState<E | null>(null);
  useEffect(() => {
    if (!element) return undefined;
    const observer = new ResizeObserver((entries) => {
      const entry = entries[entries.length - 1];
      if (entry) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return { ref: ref as (element: E | null) => void, width };
}
