import type { StringMatchSpec } from '../../model/route.ts';
import { compileRegex } from './regex.ts';
import { toWireText } from './wire-text.ts';

export type StringMatcher = (value: string) => boolean;

/** Istio's StringMatch as a function; `present` matches anything that is there. */
export function createStringMatcher(spec: StringMatchSpec): StringMatcher {
  if (spec.kind === 'present') return () => true;
  const value = spec.kind === 'regex' ? spec.value : toWireText(spec.value);
  switch (spec.kind) {
    case 'exact':
      return (text) => text === value;
    case 'prefix':
      return (text) => text.startsWith(value);
    case 'suffix':
      return (text) => text.endsWith(value);
    case 'regex': {
      const regex = compileRegex(value);
      return (text) => regex.matches(text);
    }
  }
}
