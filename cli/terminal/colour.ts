/** Colours only where a person looks, and not where NO_COLOR (no-color.org) or a dumb terminal forbids them. */
export function isColoured(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type Paint = (colour: keyof typeof CODES, text: string) => string;

export const createPaint =
  (isOn: boolean): Paint =>
  (colour, text) =>
    isOn ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
