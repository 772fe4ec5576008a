// Server-sent events out of chunks of text (HTML, "Server-sent events", 9.2.6), as far as the console needs them.

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Fed with chunks as they come; gives the events that are complete by then. Comments are none. */
export function createEventParser(): (chunk: string) => StreamEvent[] {
  let rest = '';
  let event = '';
  let data: string[] = [];
  return (chunk) => {
    const lines = (rest + chunk).split(/\r\n|\n/);
    rest = lines.pop() ?? '';
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ event: event === '' ? 'message' : event, data: data.join('\n') });
        event = '';
        data = [];
        continue;
      }
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
    return events;
  };
}
