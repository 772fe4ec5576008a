const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g;
/** In a file of JSON a line break of a key is two characters. */
const AUTHORIZATION = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
/** Three parts of base64url, the first of them a JSON object. */
const TOKEN = /\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g;
const SECRET_QUERY = /([?&](?:access_token|token|key|secret|password)=)[^&\s"']+/gi;
const COOKIE = /("?(?:set-)?cookie"?\s*[:=]\s*)("[^"]*"|[^\s,]+)/gi;

/** A text without what would open a door: keys, tokens, cookies, credentials. */
export function scrub(text: string): string {
  return text
    .replaceAll(PRIVATE_KEY, '[private key removed]')
    .replaceAll(AUTHORIZATION, '$1 [removed]')
    .replaceAll(TOKEN, '[token removed]')
    .replaceAll(SECRET_QUERY, '$1[removed]')
    .replaceAll(COOKIE, '$1[removed]');
}
