import { AGENT_ENV } from './agent-container.ts';
import { LABEL } from './labels.ts';

/** What is captured is said by labels of the application, and told to its agent by variables: label → variable. */
export const CAPTURE_LABELS: readonly (readonly [label: string, variable: string])[] = [
  [LABEL.excludeOutboundPorts, AGENT_ENV.excludeOutboundPorts],
  [LABEL.includeOutboundPorts, AGENT_ENV.includeOutboundPorts],
  [LABEL.excludeOutboundIPRanges, AGENT_ENV.excludeOutboundRanges],
  [LABEL.includeOutboundIPRanges, AGENT_ENV.includeOutboundRanges],
  [LABEL.excludeInboundPorts, AGENT_ENV.excludeInboundPorts],
  [LABEL.includeInboundPorts, AGENT_ENV.includeInboundPorts],
];
