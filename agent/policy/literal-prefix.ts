/** What every match begins with, as far as that shows without understanding the pattern; '' = nothing is known. */
export function literalPrefix(pattern: string): string {
  if (pattern.includes('|')) return '';
  const literal = /^\^?([\w\-/ ,:;=@~%&!#"'<>]*)(.?)/.exec(pattern);
  const [, text = '', next = ''] = literal ?? [];
  // A quantifier that allows none takes the last character back.
  return next === '*' || next === '?' || next === '{' ? text.slice(0, -1) : text;
}
