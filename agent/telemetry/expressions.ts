import type { Attributes } from './attributes.ts';

/** What an expression makes of a request; undefined = it cannot be told (an attribute is absent, a type is wrong). */
export type Expression = (attributes: Attributes) => unknown;

export type CompileExpression = (text: string) => Expression;

/**
 * CEL, loaded only where a snapshot has an expression: the library takes 2.7 MB of an agent's memory (measured).
 * @throws of the compiler: a text that is no CEL
 */
export async function loadExpressions(): Promise<CompileExpression> {
  const { Environment } = await import('@marcbachmann/cel-js');
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  return (text) => {
    const evaluate = environment.parse(text);
    return (attributes) => {
      try {
        return evaluate(attributes) as unknown;
      } catch {
        // As in Envoy's access log filter: an error is no match, and no reason to stop.
        return undefined;
      }
    };
  };
}
