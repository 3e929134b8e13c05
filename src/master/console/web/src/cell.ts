import { useEffect, useState } from 'preact/hooks';

/** A value that parts of the page watch. */
export class Cell<T> {
  private watchers = new Set<(value: T) => void>();
  constructor(private value: T) {}

  get(): T {
    return this.value;
  }
  set(value: T): void {
    this.value = value;
    for (const watcher of [...this.watchers]) watcher(value);
  }
  watch(watcher: (value: T) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

export function useCell<T>(cell: Cell<T>): T {
  const [value, show] = useState(() => cell.get());
  useEffect(() => {
    show(() => cell.get());
    return cell.watch((fresh) => show(() => fresh));
  }, [cell]);
  return value;
}
