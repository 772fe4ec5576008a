/** Node has them, its types do not: half the cost of `toString('latin1')` and `write` for short texts. */
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset: number, length?: number): number;
}
