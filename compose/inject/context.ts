import type { Variables } from './carry-variables.ts';
import type { NamedText } from './marks.ts';

/** How the outside is asked; all of it may be left out by who has none. */
export interface InjectContext {
  /** Variables put in, as Compose does it. */
  interpolate(text: string): string;
  /** The text of another file, by its path as it is written there; null = it cannot be read. */
  read(path: string, from: string): NamedText | null;
  /** How files that are included so see the outside. */
  included(as: IncludedAs): IncludedContext;
}

/** An entry of `include`. */
export interface IncludedAs {
  readonly paths: readonly string[];
  /** '' = the folder of the first file. */
  readonly projectDirectory: string;
  /** None = the `.env` of the project directory. */
  readonly envFiles: readonly string[];
}

export interface IncludedContext extends InjectContext {
  /** What its own files of variables set; what the outside sets wins. */
  readonly variables: Variables;
}
