// What is pictured: page by page, with what a person would have done before looking. `ready`: what is to be seen then.
export const PICTURES = [
  { name: 'graph', path: '/graph', ready: '.chip' },
  {
    name: 'graph-details',
    path: '/graph',
    ready: '.chip',
    prepare: async (page) => {
      await page.focus('[data-id="workload/default/ratings/v1"]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.panel .chart');
    },
  },
  { name: 'services', path: '/services', ready: '.table' },
  { name: 'service', path: '/services/default/reviews', ready: '.chart' },
  { name: 'workloads', path: '/workloads', ready: '.table' },
  { name: 'workload', path: firstWorkload('reviews', 'v2'), ready: '.chart' },
  { name: 'routes', path: firstWorkload('productpage', 'v1', '?tab=routes'), ready: '.route' },
  { name: 'logs', path: firstWorkload('reviews', 'v2', '?tab=logs&of=agent'), ready: '.log-line' },
];

/** The page of the first container of a version: its name has the project's in it. */
function firstWorkload(app, version, more = '') {
  return async (get) => {
    const workloads = await get('/api/workloads');
    const found = workloads.find((each) => each.app === app && each.version === version);
    return `/workloads/${encodeURIComponent(found?.name ?? app)}${more}`;
  };
}
