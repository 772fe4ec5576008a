// What one span tells: the request, the rule that routed it, its log line, and all its tags.
import type { ComponentChildren } from 'preact';
import { Badge } from '../components/badge.tsx';
import { Panel } from '../components/panel.tsx';
import { RuleLink } from '../components/rule-link.tsx';
import { formatMs, plural } from '../format.ts';
import { servicePath } from '../paths.ts';
import { factsOf, type SpanFacts } from './span-facts.ts';
import { SpanLog } from './span-log.tsx';
import type { WaterfallRow } from './waterfall.ts';

const KINDS: Readonly<Record<WaterfallRow['span']['kind'], string>> = {
  SERVER: 'request that it got',
  CLIENT: 'call that it made',
  PRODUCER: 'message that it sent',
  CONSUMER: 'message that it took',
  INTERNAL: 'work of its own',
};

export function SpanPanel({ row, onClose }: { readonly row: WaterfallRow; readonly onClose: () => void }) {
  const { span } = row;
  const facts = factsOf(span);
  return (
    <Panel
      title={span.service}
      lead={
        <>
          <p class="soft">
            {KINDS[span.kind]}: {span.name}
          </p>
          {facts.outcome !== '' && <Badge tone={span.isError ? 'bad' : 'ok'}>{facts.outcome}</Badge>}
        </>
      }
      onClose={onClose}
    >
      <Facts row={row} facts={facts} />
      <SpanLog workload={facts.workload} requestId={facts.requestId} />
      <section class="span-tags">
        <h3>Tags</h3>
        <dl class="facts">
          {facts.others.map(([name, value]) => (
            <Fact key={name} name={name}>
              <span class="mono">{value}</span>
            </Fact>
          ))}
        </dl>
      </section>
    </Panel>
  );
}

function Facts({ row, facts }: { readonly row: WaterfallRow; readonly facts: SpanFacts }) {
  const { span, startMs, selfMs, skewMs, isParentMissing, isCritical } = row;
  const durationMs = span.durationUs / 1000;
  return (
    <dl class="facts">
      {facts.request !== '' && (
        <Fact name="Request">
          <span class="mono">{facts.request}</span>
        </Fact>
      )}
      <Fact name="Took">
        {formatMs(durationMs)}
        {selfMs < durationMs && <span class="soft">, {formatMs(selfMs)} of it itself</span>}
      </Fact>
      <Fact name="Began">
        after {formatMs(startMs)}
        {isCritical && <span class="soft">, and the answer waited for it</span>}
      </Fact>
      <Fact name="Routed by">
        {span.rule === null ? (
          <span class="soft">no rule: the default route</span>
        ) : (
          <RuleLink rule={span.rule} />
        )}
      </Fact>
      {span.attempts > 1 && (
        <Fact name="Tries">
          {span.attempts}: {plural(span.attempts - 1, 'retry', 'retries')}
        </Fact>
      )}
      {span.faults.length > 0 && (
        <Fact name="Faults">{span.faults.join(', ')}, made on purpose by a rule</Fact>
      )}
      {facts.flags.length > 0 && <Fact name="Why">{facts.flags.join('; ')}</Fact>}
      {span.isParentInferred && (
        <Fact name="Caller">
          inferred: the application passes no trace headers on, but only one request was under way.{' '}
          <code>lateen x tracing audit</code> lists such services.
        </Fact>
      )}
      {isParentMissing && <Fact name="Caller">not reported: span {span.parentId} is not there</Fact>}
      {skewMs !== 0 && (
        <Fact name="Clock">
          disagrees with its caller's: it was moved by {formatMs(Math.abs(skewMs))} to fit
        </Fact>
      )}
      <Fact name="Service">
        <a href={serviceHref(span.service)}>{span.service}</a>
      </Fact>
    </dl>
  );
}

function serviceHref(service: string): string {
  const dot = service.lastIndexOf('.');
  return dot < 0
    ? servicePath('default', service)
    : servicePath(service.slice(dot + 1), service.slice(0, dot));
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
