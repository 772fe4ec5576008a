/**
 * Text on its way between a configuration and the wire. Heads are latin1 here, one character per byte; what a user
 * writes is Unicode, and goes over the wire as UTF-8 (as with Envoy).
 */

const IS_ASCII = /^[\0-\x7f]*$/;

/** Text of a configuration as it stands in a head. */
export function toWireText(text: string): string {
  return IS_ASCII.test(text) ? text : Buffer.from(text, 'utf8').latin1Slice();
}

/** Text of a head as a person reads it; bytes that are no UTF-8 become U+FFFD. */
export function fromWireText(text: string): string {
  return IS_ASCII.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
}
