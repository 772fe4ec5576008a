import { hostname } from 'node:os';
import { callJson, passedOn } from './call.ts';
import { json, NOT_FOUND, productId, serve } from './serve.ts';

/** v1 knows no ratings; v2 shows them as black stars, v3 as red ones. */
const version = process.env['SERVICE_VERSION'] ?? 'v1';
const starColor = version === 'v3' ? 'red' : 'black';
const hasRatings = version !== 'v1';
const ratingsUrl = process.env['RATINGS_URL'] ?? 'http://ratings:9080';
/** As in the original: patient with black stars, longer than its own callers are, and impatient with red ones. */
const timeoutMs = starColor === 'black' ? 10_000 : 2500;

const TEXTS = {
  Reviewer1: 'A voyage told with a steady hand: I read it in one night, and heard the rigging long after.',
  Reviewer2: 'Warm, exact and full of salt. The middle drifts a little, the landfall makes up for it.',
};

serve(`reviews ${version}`, async (request, url) => {
  const id = productId(url, 'reviews');
  if (id === null) return NOT_FOUND;
  const ratings = hasRatings ? await readRatings(id, passedOn(request)) : null;
  return json({
    id: String(id),
    podname: hostname(),
    clustername: version,
    reviews: Object.entries(TEXTS).map(([reviewer, text]) => ({
      reviewer,
      text,
      ...(hasRatings ? { rating: rating(ratings, reviewer) } : {}),
    })),
  });
});

type Ratings = Readonly<Record<string, number>>;

async function readRatings(id: number, headers: Record<string, string>): Promise<Ratings | null> {
  const { status, body } = await callJson(`${ratingsUrl}/ratings/${id}`, headers, timeoutMs);
  return status === 200 ? ((body as { ratings?: Ratings } | null)?.ratings ?? null) : null;
}

function rating(ratings: Ratings | null, reviewer: string) {
  const stars = ratings?.[reviewer];
  return stars === undefined
    ? { error: 'Ratings service is currently unavailable' }
    : { stars, color: starColor };
}
