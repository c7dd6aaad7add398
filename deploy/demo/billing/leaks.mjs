// Looks for values in texts, also where they are written differently: with other separators, in escapes, in base64.

/** How often what was decoded is looked into once more. */
const DEPTH = 3;
/** Runs of base64 that may hold something. */
const ENCODED = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** What JSON and URLs write otherwise. */
function unescaped(text) {
  const letters = { n: '\n', r: '\r', t: '\t' };
  return text
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code, sign) =>
      code ? String.fromCharCode(parseInt(code, 16)) : (letters[sign] ?? sign))
    .replace(/%([0-9a-fA-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

/** A text and all that can be read out of it. */
function readings(text, depth = DEPTH) {
  const found = [text];
  const other = unescaped(text);
  if (other !== text && depth > 0) found.push(...readings(other, depth - 1));
  if (depth === 0) return found;
  for (const [run] of text.matchAll(ENCODED)) {
    const decoded = Buffer.from(run, 'base64').toString('utf8');
    // What does not begin as text was no text.
    if (/^[\p{L}\p{N}\p{P}\p{S}\s]{8}/u.test(decoded)) found.push(...readings(decoded, depth - 1));
  }
  return found;
}

/**
 * Which of `values` stand somewhere in `texts`.
 *
 * @param {string[]} texts
 * @param {{kind: string, value: string}[]} values
 */
export function leaks(texts, values) {
  const all = texts.flatMap((text) => readings(text)).map(plain);
  return values.filter(({ value }) => all.some((text) => text.includes(plain(value))));
}
