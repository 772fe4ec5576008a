/** The product page as HTML: no script, no foreign file, light and dark. */

export interface PageData {
  readonly title: string;
  readonly description: string;
  readonly user: string;
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
<header><span class="brand">Bookinfo</span>${renderUser(data.user)}</header>
<main>
<section class="hero">
  <div class="cover" aria-hidden="true"><i></i></div>
  <div><h1>${escapeHtml(data.title)}</h1><p>${escapeHtml(data.description)}</p></div>
</section>
<div class="columns">
<section class="card"><h2>Book details</h2>${renderDetails(data)}</section>
<section class="card"><h2>Reviews ${renderVersion(data.reviews)}</h2>${renderReviews(data)}</section>
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
  return `<form method="post" action="/login"><label>Name <input name="username" placeholder="jason" autocomplete="username" required></label><button>Sign in</button></form>`;
}

function renderDetails({ details, detailsStatus }: PageData): string {
  if (details === null) return failure('Error fetching product details!', detailsStatus);
  const rows = Object.entries(details)
    .filter(([key]) => key !== 'id')
    .map(([key, value]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(String(value))}</dd>`);
  return `<dl>${rows.join('')}</dl>`;
}

function renderVersion(reviews: ReviewsData | null): string {
  if (reviews === null) return '';
  return `<span class="tag" title="container ${escapeHtml(reviews.podname)}">${escapeHtml(reviews.clustername)} · ${escapeHtml(reviews.podname)}</span>`;
}

function renderReviews({ reviews, reviewsStatus }: PageData): string {
  if (reviews === null) return failure('Error fetching product reviews!', reviewsStatus);
  return reviews.reviews
    .map(
      ({ reviewer, text, rating }) =>
        `<blockquote><p>${escapeHtml(text)}</p><footer>${renderRating(rating)}<cite>${escapeHtml(reviewer)}</cite></footer></blockquote>`,
    )
    .join('');
}

function renderRating(rating: ReviewsData['reviews'][number]['rating']): string {
  if (rating === undefined) return '<span class="none">no ratings in this version</span>';
  if (rating.stars === undefined)
    return `<span class="warn">${escapeHtml(rating.error ?? 'no rating')}</span>`;
  const label = `${rating.stars} of 5 stars`;
  const stars = '★'.repeat(rating.stars) + '☆'.repeat(Math.max(0, 5 - rating.stars));
  return `<span class="stars ${rating.color === 'red' ? 'red' : 'black'}" role="img" aria-label="${label}">${stars}</span>`;
}

function failure(message: string, status: number): string {
  const why = status === 0 ? 'no answer' : `status ${status}`;
  return `<p class="error"><b>${message}</b><br>Sorry, this part is not available for this book just now (${why}).</p>`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

const STYLE = `
:root{color-scheme:light dark;--sea:#0f4c5c;--ink:#1d2b33;--soft:#5b6b73;--paper:#f6f4ef;--card:#fff;--line:#e2ddd2;--red:#c8322b}
@media (prefers-color-scheme:dark){:root{--sea:#7cc6d6;--ink:#e8eef0;--soft:#9fb0b8;--paper:#12191d;--card:#1a2328;--line:#2b383f;--red:#ff7d72}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;flex-wrap:wrap;padding:.9rem clamp(1rem,5vw,3.5rem);border-bottom:1px solid var(--line)}
.brand{font:600 1.15rem/1 Georgia,serif;letter-spacing:.02em;color:var(--sea)}
form{display:flex;gap:.6rem;align-items:center;margin:0}
label{color:var(--soft);font-size:.9rem}
input{font:inherit;padding:.3rem .6rem;width:9rem;border:1px solid var(--line);border-radius:.4rem;background:var(--card);color:var(--ink)}
button{font:inherit;padding:.3rem .9rem;border:0;border-radius:.4rem;background:var(--sea);color:var(--paper);cursor:pointer}
:is(input,button):focus-visible{outline:3px solid color-mix(in srgb,var(--sea) 45%,transparent);outline-offset:1px}
main{max-width:66rem;margin:0 auto;padding:2rem clamp(1rem,5vw,2rem) 4rem}
.hero{display:flex;gap:2rem;align-items:center;margin-bottom:2rem}
.hero h1{font:600 clamp(1.9rem,4.5vw,2.9rem)/1.15 Georgia,serif;margin:0 0 .6rem}
.hero p{margin:0;color:var(--soft);max-width:42rem}
.cover{flex:0 0 7.5rem;height:10.5rem;border-radius:.3rem .6rem .6rem .3rem;background:linear-gradient(160deg,#0f4c5c 0 55%,#e0a458 55% 62%,#12333d 62%);box-shadow:0 8px 24px #0003;position:relative}
.cover i{position:absolute;left:50%;top:20%;border:2.1rem solid transparent;border-bottom:4rem solid #f6f4ef;border-top:0;translate:-35% 0;skew:-12deg}
.columns{display:grid;grid-template-columns:minmax(15rem,1fr) 2fr;gap:1.5rem}
@media (max-width:46rem){.columns{grid-template-columns:1fr}.hero{flex-direction:column;align-items:start}}
.card{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1.4rem 1.6rem}
h2{font-size:1.05rem;margin:0 0 1rem;display:flex;gap:.8rem;align-items:center;flex-wrap:wrap}
.tag{font:500 .78rem/1 ui-monospace,monospace;padding:.35rem .6rem;border-radius:1rem;background:color-mix(in srgb,var(--sea) 14%,transparent);color:var(--sea)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0}
blockquote{margin:0 0 1.2rem;padding-left:1rem;border-left:3px solid var(--line)}
blockquote:last-child{margin-bottom:0}
blockquote p{margin:0 0 .4rem}
footer{display:flex;gap:.9rem;align-items:center;color:var(--soft)}
.stars{font-size:1.25rem;letter-spacing:.1em}.stars.black{color:var(--ink)}.stars.red{color:var(--red)}
.none{font-size:.85rem}.warn{color:var(--red);font-size:.85rem}
.error{margin:0;padding:1rem;border-radius:.5rem;border:1px solid var(--red);color:var(--red)}
`;
