/**
 * Editors live in a shadow root: there their styles are adopted sheets, which the console's Content-Security-Policy
 * (no inline styles) allows.
 */
export function shadowOf(host: HTMLElement): ShadowRoot {
  return host.shadowRoot ?? host.attachShadow({ mode: 'open' });
}
