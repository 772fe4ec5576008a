import { formatLabels } from '../../base/metrics.ts';
import type { IstioMetric, MetricOverrideSpec, MetricRulesSpec } from '../../model/telemetry.ts';
import type { Attributes } from './attributes.ts';
import type { CompileExpression, Expression } from './expressions.ts';
import type { LabelsOf } from './metric-families.ts';

export type Label = readonly [name: string, value: string];

/** Telemetry's changes to the labels of one side's metrics. */
export interface MetricRules {
  /** Some label is of a CEL expression: series cannot be remembered by host and status. */
  readonly isPerRequest: boolean;
  /** @param attributes asked for only where an expression wants them */
  labelsOf(labels: readonly Label[], attributes: () => Attributes): LabelsOf;
}

/** The standard: every metric with all labels. */
export const STANDARD_RULES: MetricRules = {
  isPerRequest: false,
  labelsOf(labels) {
    const text = formatLabels(labels);
    return () => text;
  },
};

const OFF: MetricRules = { isPerRequest: false, labelsOf: () => () => null };

/** @param compile needed only where a label is of an expression */
export function createMetricRules(
  spec: MetricRulesSpec | undefined,
  compile: CompileExpression | null,
): MetricRules {
  if (spec === undefined) return STANDARD_RULES;
  if (spec.isOff) return OFF;
  const rules = new Map(
    Object.entries(spec.overrides).map(
      ([metric, override]) => [metric, createRule(override, compile)] as const,
    ),
  );
  return {
    isPerRequest: [...rules.values()].some(({ upserted }) => upserted.length > 0),
    labelsOf(labels, attributes) {
      let standard: string | null = null;
      return (metric: IstioMetric) => {
        const rule = rules.get(metric);
        if (rule !== undefined) return rule.isDisabled ? null : changeLabels(labels, rule, attributes);
        standard ??= formatLabels(labels);
        return standard;
      };
    },
  };
}

export function usesExpressions(spec: MetricRulesSpec | undefined): boolean {
  return Object.values(spec?.overrides ?? {}).some(({ upserted }) => Object.keys(upserted).length > 0);
}

interface MetricRule {
  readonly isDisabled: boolean;
  readonly removed: ReadonlySet<string>;
  readonly upserted: readonly (readonly [name: string, value: Expression])[];
}

function createRule(
  { isDisabled, removed, upserted }: MetricOverrideSpec,
  compile: CompileExpression | null,
): MetricRule {
  const expressions = compile === null ? [] : Object.entries(upserted);
  return {
    isDisabled,
    removed: new Set(removed),
    upserted: expressions.map(([name, text]) => [name, (compile as CompileExpression)(text)] as const),
  };
}

function changeLabels(
  labels: readonly Label[],
  { removed, upserted }: MetricRule,
  attributes: () => Attributes,
): string {
  const changed = new Map(labels.filter(([name]) => !removed.has(name)));
  for (const [name, expression] of upserted) changed.set(name, textOf(expression(attributes())));
  return formatLabels([...changed]);
}

/** What cannot be told is `unknown`, as with every label of Istio's. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'unknown' : value;
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : 'unknown';
}
