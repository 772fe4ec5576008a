import type { IncomingMessage } from 'node:http';
import { type Answer, callJson, passedOn } from './call.ts';
import { type PageData, type ReviewsData, renderPage } from './page.ts';
import { json, NOT_FOUND, type Reply, readBody, serve } from './serve.ts';

const detailsUrl = process.env['DETAILS_URL'] ?? 'http://details:9080';
const reviewsUrl = process.env['REVIEWS_URL'] ?? 'http://reviews:9080';
const ratingsUrl = process.env['RATINGS_URL'] ?? 'http://ratings:9080';
const TIMEOUT_MS = 3000;
/** As the original calls it: older documents match on `cookie`. */
const USER_COOKIE = 'user';

const PRODUCT = {
  id: 0,
  title: 'The Lateen and the Wind',
  descriptionHtml:
    'A sailor, a triangular sail and three harbours that answer differently each time she calls.',
};

serve('productpage', async (request, url): Promise<Reply> => {
  const id = /^\/api\/v1\/products\/(\d+)(?:\/(reviews|ratings))?$/.exec(url.pathname);
  const headers = headersFor(request);
  if (id !== null && id[1] !== '0') return json({ error: 'no such product' }, 404);
  switch (id === null ? url.pathname : `/api/v1/products/0${id[2] === undefined ? '' : `/${id[2]}`}`) {
    case '/':
      return { status: 302, body: '', headers: { location: '/productpage' } };
    case '/productpage':
      return page(await collect(request, headers));
    case '/login':
      return login(request);
    case '/logout':
      return redirect(`${USER_COOKIE}=; Path=/; Max-Age=0`);
    case '/api/v1/products':
      return json([PRODUCT]);
    case '/api/v1/products/0':
      return passThrough(await callJson(`${detailsUrl}/details/0`, headers, TIMEOUT_MS), 'details');
    case '/api/v1/products/0/reviews':
      return passThrough(await reviews(headers), 'reviews');
    case '/api/v1/products/0/ratings':
      return passThrough(await callJson(`${ratingsUrl}/ratings/0`, headers, TIMEOUT_MS), 'ratings');
    default:
      return NOT_FOUND;
  }
});

/** The user who signed in is told to the other services by the header `end-user`, which rules can match. */
function headersFor(request: IncomingMessage): Record<string, string> {
  const user = userOf(request);
  return { ...passedOn(request), ...(user === '' ? {} : { 'end-user': user }) };
}

function userOf(request: IncomingMessage): string {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const value = pairs.find((pair) => pair.startsWith(`${USER_COOKIE}=`))?.slice(USER_COOKIE.length + 1) ?? '';
  return /^[\w.@-]{1,64}$/.test(value) ? value : '';
}

async function login(request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'POST') return redirect('');
  const name = new URLSearchParams(await readBody(request)).get('username')?.trim() ?? '';
  if (!/^[\w.@-]{1,64}$/.test(name)) return redirect('');
  return redirect(`${USER_COOKIE}=${name}; Path=/; HttpOnly; SameSite=Lax`);
}

function redirect(cookie: string): Reply {
  return {
    status: 303,
    body: '',
    headers: { location: '/productpage', ...(cookie === '' ? {} : { 'set-cookie': cookie }) },
  };
}

function page(data: PageData): Reply {
  return { status: 200, body: renderPage(data), type: 'text/html', headers: { 'cache-control': 'no-store' } };
}

/** Asked twice before the page gives up, as the original does. */
async function reviews(headers: Record<string, string>): Promise<Answer> {
  const url = `${reviewsUrl}/reviews/0`;
  const first = await callJson(url, headers, TIMEOUT_MS);
  return first.status === 200 ? first : callJson(url, headers, TIMEOUT_MS);
}

async function collect(request: IncomingMessage, headers: Record<string, string>): Promise<PageData> {
  const [details, found] = await Promise.all([
    callJson(`${detailsUrl}/details/0`, headers, TIMEOUT_MS),
    reviews(headers),
  ]);
  return {
    title: PRODUCT.title,
    description: PRODUCT.descriptionHtml,
    user: userOf(request),
    details: details.status === 200 ? (details.body as Record<string, unknown>) : null,
    detailsStatus: details.status,
    reviews: found.status === 200 ? (found.body as ReviewsData) : null,
    reviewsStatus: found.status,
  };
}

function passThrough({ status, body }: Answer, what: string): Reply {
  if (status === 200) return json(body);
  return json(
    { error: `Sorry, ${what} are currently unavailable for this book.` },
    status === 0 ? 500 : status,
  );
}
