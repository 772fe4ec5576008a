// What is pictured: page by page, with what a person would have done before looking. `ready`: what is to be seen then.
export const PICTURES = [
  { name: 'graph', path: '/graph', ready: '.label.health-bad' },
  {
    name: 'graph-details',
    path: '/graph',
    ready: '.label.health-bad',
    prepare: async (page) => {
      await page.locator('.label.health-bad').first().focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('.panel .outcome-bad');
    },
  },
  { name: 'services', path: '/services', ready: '.table' },
  { name: 'service', path: '/services/default/reviews', ready: '.chart canvas' },
  { name: 'workloads', path: '/workloads', ready: '.table' },
  { name: 'workload', path: firstWorkload('reviews', 'v2'), ready: '.chart canvas' },
  { name: 'routes', path: firstWorkload('productpage', 'v1', '?tab=routes'), ready: '.route' },
  { name: 'logs', path: firstWorkload('reviews', 'v2', '?tab=logs&of=agent'), ready: '.log-line' },
  { name: 'config', path: '/config?file=reviews.yaml&line=9', ready: '.cm-line' },
  {
    name: 'preview',
    path: '/config?file=reviews.yaml',
    ready: '.weights input',
    prepare: async (page) => {
      await page.locator('.weights input').first().fill('60');
      await page.getByRole('button', { name: 'Preview and save' }).click();
      await page.waitForSelector('.preview-change .cm-line');
    },
  },
  { name: 'recipe', path: '/config?new=traffic-shift', ready: '.recipe-form' },
  { name: 'history', path: newestChange, ready: '.entry-detail' },
  { name: 'traces', path: '/traces', ready: '.trace' },
  { name: 'trace', path: failedTrace, ready: '.waterfall-row' },
];

/** The page of the first container of a version: its name has the project's in it. */
function firstWorkload(app, version, more = '') {
  return async (get) => {
    const workloads = await get('/api/workloads');
    const found = workloads.find((each) => each.app === app && each.version === version);
    return `/workloads/${encodeURIComponent(found?.name ?? app)}${more}`;
  };
}

async function newestChange(get) {
  const [newest] = await get('/api/history');
  return `/history?id=${newest?.id ?? 0}`;
}

/** The one with most spans, of those in which a call failed. */
async function failedTrace(get) {
  const traces = await get('/api/traces?status=error&seconds=600&limit=50');
  const [largest] = traces.sort((a, b) => b.spans - a.spans);
  return `/traces/${largest?.traceId ?? ''}`;
}
