/** Node has it, its types do not: half the cost of `toString('latin1')` for short texts. */
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
}
