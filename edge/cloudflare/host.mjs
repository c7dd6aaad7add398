// What the platform does better in JavaScript: each function is one crossing where web-sys would take ten.

/** Method, URL and all headers of a request as lines: `method`, `url`, then `name`, `value`, ... */
export function head(request) {
  let lines = `${request.method}\n${request.url}\n`;
  for (const [name, value] of request.headers) lines += `${name}\n${value}\n`;
  return lines;
}

/** Sends a request; headers as lines. Redirects come back as they are. The agent leaving aborts it. */
export function send(agent, method, url, lines, body) {
  return fetch(url, { method, headers: pairs(lines), body, redirect: "manual", signal: agent.signal });
}

/** Lets a promise fail unheard. */
export function ignore(promise) {
  promise.catch(() => {});
}

/** The same for work behind the answer, which does not end because the agent has left. */
export function ownAborter() {
  const own = new AbortController();
  return { signal: own.signal, own };
}

/** Status and the headers that matter of an upstream's answer, as lines in a fixed order. */
export function answer(response) {
  const get = (name) => response.headers.get(name) ?? "";
  return [
    response.status,
    get("content-type"),
    get("mcp-session-id"),
    get("cache-control"),
    get("retry-after"),
    get("content-length"),
    get("content-encoding"),
  ].join("\n");
}

/** The answer to the agent; headers as lines. */
export function respond(status, lines, body) {
  return new Response(body, { status, headers: pairs(lines) });
}

function pairs(lines) {
  const parts = lines.split("\n");
  const headers = [];
  for (let at = 0; at + 1 < parts.length; at += 2) headers.push([parts[at], parts[at + 1]]);
  return headers;
}

const ALGORITHMS = {
  RS256: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
  RS384: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }],
  RS512: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }],
  PS256: [{ name: "RSA-PSS", hash: "SHA-256" }, { saltLength: 32 }],
  PS384: [{ name: "RSA-PSS", hash: "SHA-384" }, { saltLength: 48 }],
  PS512: [{ name: "RSA-PSS", hash: "SHA-512" }, { saltLength: 64 }],
  ES256: [{ name: "ECDSA", namedCurve: "P-256" }, { hash: "SHA-256" }],
  ES384: [{ name: "ECDSA", namedCurve: "P-384" }, { hash: "SHA-384" }],
  EdDSA: [{ name: "Ed25519" }],
};

// Imported keys by algorithm and JWK text. An import costs as much as a verification; a key set has at most
// a hundred keys, and the map is emptied rather than grown beyond a few sets.
const imported = new Map();

/** Whether the signature is the key's; false also when the key cannot be imported. */
export async function verify(algorithm, jwk, signature, message) {
  const [key_type, extra] = ALGORITHMS[algorithm];
  const id = `${algorithm} ${jwk}`;
  try {
    let key = imported.get(id);
    if (!key) {
      const { kty, crv, n, e, x, y } = JSON.parse(jwk);
      const bare = Object.fromEntries(Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value));
      key = await crypto.subtle.importKey("jwk", bare, key_type, false, ["verify"]);
      if (imported.size >= 512) imported.clear();
      imported.set(id, key);
    }
    return await crypto.subtle.verify({ ...key_type, ...extra }, key, signature, message);
  } catch {
    return false;
  }
}
