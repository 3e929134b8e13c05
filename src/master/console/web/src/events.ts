/** Server-sent events from the text of a stream, in whatever pieces it comes. */
export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id = '';

  /** The events that `text` completes. */
  feed(text: string): ServerEvent[] {
    const done: ServerEvent[] = [];
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (this.data.length > 0) done.push({ event: this.event || 'message', data: this.data.join('\n'), id: this.id });
        this.event = '';
        this.data = [];
        continue;
      }
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (field === 'event') this.event = value;
      if (field === 'data') this.data.push(value);
      if (field === 'id') this.id = value;
    }
    return done;
  }
}
