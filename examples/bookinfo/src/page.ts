/** The product page as HTML: no script, no foreign file, light and dark. */
import { STYLE } from './style.ts';

export interface PageData {
  readonly title: string;
  readonly description: string;
  /** '' = nobody is signed in. */
  readonly user: string;
  /** null = not to be had; then the status says why, 0 = no answer. */
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly detailsStatus: number;
  readonly reviews: ReviewsData | null;
  readonly reviewsStatus: number;
}

export interface ReviewsData {
  readonly podname: string;
  readonly clustername: string;
  readonly reviews: readonly {
    readonly reviewer: string;
    readonly text: string;
    readonly rating?: { readonly stars?: number; readonly color?: string; readonly error?: string };
  }[];
}

const COVER = `<svg class="cover" viewBox="0 0 120 168" aria-hidden="true">
<rect width="120" height="168" rx="6" fill="#0f4c5c"/>
<circle cx="88" cy="40" r="15" fill="#e9b872"/>
<path d="M26 116 96 24Q104 78 92 116Z" fill="#f6f4ef"/>
<path d="M22 121 100 19" stroke="#e9b872" stroke-width="2.5" stroke-linecap="round"/>
<path d="M24 124h76q-8 16-24 16H46q-15 0-22-16Z" fill="#a6452f"/>
<path d="M0 140q15-7 30 0t30 0 30 0 30 0v22a6 6 0 0 1-6 6H6a6 6 0 0 1-6-6Z" fill="#0a3440"/>
<path d="M7 0v168" stroke="#0a3440" stroke-opacity=".55" stroke-width="1.5"/>
</svg>`;

export function renderPage(data: PageData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(data.title)} · Bookinfo</title>
<style>${STYLE}</style>
</head>
<body>
<header><a class="brand" href="/productpage">Bookinfo</a>${renderUser(data.user)}</header>
<main>
<section class="hero">
${COVER}
<div><h1>${escapeHtml(data.title)}</h1><p>${escapeHtml(data.description)}</p></div>
</section>
<div class="columns">
<section class="card" aria-label="Details"><h2>Details</h2>${renderDetails(data)}</section>
<section class="card" aria-label="Reviews"><h2>Reviews ${renderVersion(data.reviews)}</h2>${renderReviews(data)}</section>
</div>
</main>
</body>
</html>
`;
}

function renderUser(user: string): string {
  if (user !== '') {
    return `<form method="get" action="/logout"><span>Signed in as <b>${escapeHtml(user)}</b></span><button>Sign out</button></form>`;
  }
  return `<form method="post" action="/login"><input name="username" placeholder="Name, e.g. jason" aria-label="Name" autocomplete="username" pattern="[\\w.@\\-]{1,64}" required><button>Sign in</button></form>`;
}

function renderDetails({ details, detailsStatus }: PageData): string {
  if (details === null) return renderFailure('Error fetching product details!', 'details', detailsStatus);
  const rows = Object.entries(details)
    .filter(([key]) => key !== 'id')
    .map(([key, value]) => `<dt>${escapeHtml(capitalise(key))}</dt><dd>${escapeHtml(String(value))}</dd>`);
  return `<dl>${rows.join('')}</dl>`;
}

/** Which of the versions, and which of its containers, has answered. */
function renderVersion(reviews: ReviewsData | null): string {
  if (reviews === null) return '';
  const { clustername, podname } = reviews;
  return `<span class="tag ${/^v[123]$/.test(clustername) ? clustername : ''}" title="answered by container ${escapeHtml(podname)}"><b>${escapeHtml(clustername)}</b> ${escapeHtml(podname)}</span>`;
}

function renderReviews({ reviews, reviewsStatus }: PageData): string {
  if (reviews === null) return renderFailure('Error fetching product reviews!', 'reviews', reviewsStatus);
  return reviews.reviews
    .map(
      ({ reviewer, text, rating }) =>
        `<blockquote><p>${escapeHtml(text)}</p><footer>${renderRating(rating)}<cite>${escapeHtml(reviewer)}</cite></footer></blockquote>`,
    )
    .join('');
}

/** Nothing at all in a version that knows no ratings. */
function renderRating(rating: ReviewsData['reviews'][number]['rating']): string {
  if (rating === undefined) return '';
  if (rating.stars === undefined)
    return `<span class="warn">${escapeHtml(rating.error ?? 'no rating')}</span>`;
  const stars = Math.min(5, Math.max(0, Math.round(rating.stars)));
  const color = rating.color === 'red' ? 'red' : 'black';
  return `<span class="stars ${color}" role="img" aria-label="${stars} of 5 stars">${'★'.repeat(stars)}<i>${'★'.repeat(5 - stars)}</i></span>`;
}

function renderFailure(message: string, what: string, status: number): string {
  const why = status === 0 ? 'no answer' : `status ${status}`;
  return `<div class="error"><b>${message}</b><p>Sorry, product ${what} are currently unavailable for this book (${why}).</p></div>`;
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
