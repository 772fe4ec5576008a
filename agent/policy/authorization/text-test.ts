import { toWireText } from '../wire-text.ts';

export type TextTest = (text: string) => boolean;

/** Whether one of the values matches; all of one list are compared in one way. */
export function createTextTest(values: readonly string[], create: (value: string) => TextTest): TextTest {
  const tests = values.map(create);
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (text) => {
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}

/** `abc`, `abc*`, `*abc`, or `*` for anything that is not empty (StringMatcher of Istio), of what stands in a head. */
export function createWildcard(written: string): TextTest {
  return createPlainWildcard(toWireText(written));
}

/** The same of a claim, which is Unicode. */
export function createPlainWildcard(value: string): TextTest {
  if (value === '*') return (text) => text !== '';
  if (value.startsWith('*')) {
    const suffix = value.slice(1);
    return (text) => text.endsWith(suffix);
  }
  if (value.endsWith('*')) {
    const prefix = value.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  return (text) => text === value;
}

/** Headers: `*` is presence, also of an empty value (ISTIO.md, correction 24). */
export function createHeaderTest(value: string): TextTest {
  return value === '*' ? () => true : createWildcard(value);
}

export function createIgnoringCase(value: string): TextTest {
  const test = createWildcard(value.toLowerCase());
  return (text) => test(text.toLowerCase());
}

/** Of a namespace `*` may stand anywhere (Istio makes a regular expression of it). */
export function createNamespaceTest(value: string): TextTest {
  if (!value.slice(1, -1).includes('*')) return createWildcard(value);
  const pattern = value
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const regex = new RegExp(`^${pattern}$`);
  return (text) => regex.test(text);
}

export function createExact(value: string): TextTest {
  return (text) => text === value;
}

/** What a variable segment of a path may hold: pchar of RFC 3986 (Envoy's uri_template). */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()*+,;:@=]";

/** A path, exact or with wildcards, or a template: `{*}` is one segment, `{**}` any number of them. */
export function createPathTest(value: string): TextTest {
  if (!value.includes('{*}') && !value.includes('{**}')) return createWildcard(value);
  const pattern = toWireText(value)
    .split(/(\{\*\*?\})/)
    .map((part) => {
      if (part === '{*}') return `${SEGMENT}+`;
      if (part === '{**}') return `${SEGMENT.slice(0, -1)}/]*`;
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  const regex = new RegExp(`^${pattern}$`);
  return (text) => regex.test(text);
}
