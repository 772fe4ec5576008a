// What is around every page: the sail, the pages, what state the mesh is in, the theme.
import type { ComponentChildren } from 'preact';
import type { ConsoleStatus } from '../../model/console.ts';
import { connection } from '../events.ts';
import { useQuery } from '../query.ts';
import { type Theme, theme } from '../theme.ts';
import { Badge } from './badge.tsx';
import { Banner } from './banner.tsx';
import { Icon, type IconName } from './icon.tsx';
import { TokenForm } from './token-form.tsx';

interface NavItem {
  readonly href: string;
  readonly title: string;
  /** On a phone. */
  readonly short?: string;
  readonly icon: IconName;
}

const PAGES: readonly NavItem[] = [
  { href: '/graph', title: 'Graph', icon: 'graph' },
  { href: '/services', title: 'Services', icon: 'services' },
  { href: '/workloads', title: 'Workloads', icon: 'workloads' },
  { href: '/config', title: 'Configuration', short: 'Config', icon: 'config' },
  { href: '/history', title: 'History', icon: 'history' },
  { href: '/traces', title: 'Traces', icon: 'traces' },
];

/** The controller's status, as every page may use it. */
export const useStatus = () =>
  useQuery<ConsoleStatus>('/api/status', { topics: ['status', 'config'], everyMs: 15_000 });

export function Frame({ path, children }: { readonly path: string; readonly children: ComponentChildren }) {
  const { data: status } = useStatus();
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to the page
      </a>
      <header class="bar">
        <a class="brand" href="/graph">
          <img src="/sail.svg" alt="" width="22" height="22" />
          <span>Lateen</span>
        </a>
        {status && <span class="mesh-name">{status.meshId}</span>}
        <MeshState status={status} />
        <ThemeSwitch />
      </header>
      <nav class="nav" aria-label="Pages">
        {PAGES.map(({ href, title, short, icon }) => (
          <a key={href} href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
            <Icon name={icon} />
            <span class={short === undefined ? undefined : 'wide-only'}>{title}</span>
            {short !== undefined && <span class="phone-only">{short}</span>}
          </a>
        ))}
        {status && <p class="version">{status.version}</p>}
      </nav>
      <main class="content" id="content" tabIndex={-1}>
        <Banner status={status} />
        {connection.value.state === 'refused' ? <TokenForm /> : children}
      </main>
    </div>
  );
}

const isWithin = (path: string, href: string) => path === href || path.startsWith(`${href}/`);

function MeshState({ status }: { readonly status: ConsoleStatus | undefined }) {
  if (status === undefined) return <span class="mesh-state" />;
  return (
    <span class="mesh-state">
      {status.isSettled ? (
        <Badge tone="ok" title="Every proxy has the configuration that is in force">
          in sync
        </Badge>
      ) : (
        <Badge tone="warn" title="Some proxies do not have the newest configuration yet">
          syncing
        </Badge>
      )}
      {status.errors > 0 && (
        <a class="quiet" href="/config">
          <Badge tone="bad">
            <Count of={status.errors} one="error" />
          </Badge>
        </a>
      )}
      {status.warnings > 0 && (
        <a class="quiet" href="/config">
          <Badge tone="warn">
            <Count of={status.warnings} one="warning" />
          </Badge>
        </a>
      )}
    </span>
  );
}

/** The mark beside it says on a phone what is counted. */
function Count({ of, one }: { readonly of: number; readonly one: string }) {
  return (
    <span>
      {of}
      <span class="phone-hidden"> {of === 1 ? one : `${one}s`}</span>
    </span>
  );
}

const THEMES: Readonly<
  Record<Theme, { readonly next: Theme; readonly icon: IconName; readonly title: string }>
> = {
  system: { next: 'light', icon: 'system', title: 'as the system' },
  light: { next: 'dark', icon: 'sun', title: 'light' },
  dark: { next: 'system', icon: 'moon', title: 'dark' },
};

function ThemeSwitch() {
  const { next, icon, title } = THEMES[theme.value];
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Theme: ${title}`}
      title={`Theme: ${title}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon name={icon} />
    </button>
  );
}
