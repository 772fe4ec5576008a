import { OPERATOR_PATTERN } from '../../model/format-operators.ts';

/**
 * Envoy's command operators in header values: `%REQ(X-Id)%`, `%PROTOCOL%`, `%%`. Parsed once, rendered per request.
 */
export interface FormatContext {
  /** The text of one operator; '' = it has no value here. */
  operator(name: string, argument: string): string;
}

export type Format = (context: FormatContext) => string;

/** A text without operators costs nothing per request. */
export function createFormat(text: string): Format {
  const parts: (string | { name: string; argument: string; maxLength: number })[] = [];
  let at = 0;
  for (const match of text.matchAll(OPERATOR_PATTERN)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] === undefined) parts.push('%');
    else {
      const maxLength = match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
      parts.push({ name: match[1], argument: match[2] ?? '', maxLength });
    }
  }
  if (at < text.length) parts.push(text.slice(at));
  if (parts.every((part) => typeof part === 'string')) {
    const literal = parts.join('');
    return () => literal;
  }
  return (context) => {
    let rendered = '';
    for (const part of parts) {
      if (typeof part === 'string') rendered += part;
      else rendered += context.operator(part.name, part.argument).slice(0, part.maxLength);
    }
    return rendered;
  };
}
