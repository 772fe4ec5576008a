// What is pictured: page by page, with what a person would have done before looking.
export const PICTURES = [
  { name: 'graph', path: '/graph', prepare: (page) => page.waitForSelector('.chip') },
  {
    name: 'graph-details',
    path: '/graph',
    prepare: async (page) => {
      await page.click('[data-id="workload/default/ratings/v1"]');
      await page.waitForSelector('.panel .chart');
    },
  },
];
