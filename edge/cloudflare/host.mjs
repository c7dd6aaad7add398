// What the platform does better in JavaScript: each function is one crossing where web-sys would take ten.

/**
 * Sends a request; headers as lines. Redirects come back as they are. The request of `agent`, if there is one, takes
 * this one with it when the agent leaves.
 *
 * `head` has the status and the headers that matter, as lines in a fixed order. A JSON answer is read to its end:
 * `bytes` has it, or nothing when it is larger than `limit`. Anything else is left in `response`.
 */
export async function send(agent, method, url, lines, body, limit) {
  const response = await fetch(url, {
    method,
    headers: pairs(lines),
    body,
    redirect: "manual",
    signal: agent?.signal,
  });
  const headers = response.headers;
  const type = headers.get("content-type") ?? "";
  const session = headers.get("mcp-session-id") ?? "";
  const json = type.startsWith("application/json");
  const head = json
    ? `${response.status}\n${type}\n${session}\n\n\n`
    : `${response.status}\n${type}\n${session}\n${headers.get("cache-control") ?? ""}\n${headers.get("retry-after") ?? ""}\n`;
  return { head, json, bytes: json ? await whole(response, limit) : undefined, response };
}

/** A body of at most `limit` bytes. Its announced length says nothing when it is compressed. */
async function whole(response, limit) {
  const announced = response.headers.get("content-length");
  if (announced !== null && response.headers.get("content-encoding") === null) {
    if (Number(announced) <= limit) return new Uint8Array(await response.arrayBuffer());
    ignore(response.body?.cancel() ?? Promise.resolve());
    return undefined;
  }
  const chunks = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) return undefined; // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Lets a promise fail unheard. */
export function ignore(promise) {
  promise.catch(() => {});
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
