import { hostname } from 'node:os';
import { callJson, passedOn } from './call.ts';
import { json, NOT_FOUND, serve } from './serve.ts';

/** v1 knows no ratings; v2 shows them as black stars, v3 as red ones. */
const version = process.env['SERVICE_VERSION'] ?? 'v1';
const starColor = version === 'v3' ? 'red' : 'black';
const hasRatings = version !== 'v1';
const ratingsUrl = process.env['RATINGS_URL'] ?? 'http://ratings:9080';
/** As in the original: patient with black stars, impatient with red ones. */
const timeoutMs = version === 'v2' ? 10_000 : 2500;

const TEXTS = {
  Reviewer1: 'A voyage told with a steady hand: I read it in one night, and heard the rigging long after.',
  Reviewer2: 'Warm, exact and full of salt. The middle drifts a little, the landfall makes up for it.',
};

serve(`reviews ${version}`, async (request, url) => {
  const match = /^\/reviews\/(\d+)$/.exec(url.pathname);
  if (match === null) return NOT_FOUND;
  const ratings = hasRatings ? await readRatings(match[1] ?? '0', passedOn(request)) : null;
  return json({
    id: match[1],
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

async function readRatings(id: string, headers: Record<string, string>): Promise<Ratings | null> {
  const { status, body } = await callJson(`${ratingsUrl}/ratings/${id}`, headers, timeoutMs);
  return status === 200 ? (body as { ratings: Ratings }).ratings : null;
}

function rating(ratings: Ratings | null, reviewer: string) {
  const stars = ratings?.[reviewer];
  return stars === undefined
    ? { error: 'Ratings service is currently unavailable' }
    : { stars, color: starColor };
}
