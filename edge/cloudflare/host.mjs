// What the platform does better in JavaScript: each function is one crossing where web-sys would take ten. What
// comes later is told to the wasm by `call.tell`, under the number that it is waited for by. None of them throws: an
// exception would leave the wasm in the middle of its work.

/**
 * Sends a request; `lines` has URL, method and headers. Redirects come back as they are. Unless it is `behind` the
 * answer, it ends when the agent leaves.
 *
 * Told are the status and the headers that matter, as lines in a fixed order, and the body: a JSON answer is read to
 * its end (nothing is told of one that is larger than `limit`), anything else is left in the response.
 */
export async function send(call, number, behind, lines, body, limit) {
  let head = "";
  let bytes;
  let response;
  try {
    const { url, method, headers, tagged } = prepared(lines);
    const signal = behind ? undefined : call.request.signal;
    const sent = method === "POST" ? body.slice() : undefined;
    response = await fetch(url, { method, headers, body: sent, redirect: "manual", signal });
    const answered = response.headers;
    const type = answered.get("content-type") ?? "";
    const session = answered.get("mcp-session-id") ?? "";
    // Looked for only where it means something: each look is a crossing.
    const after = response.status === 429 || response.status === 503 ? answered.get("retry-after") ?? "" : "";
    const tag = tagged ? answered.get("etag") ?? "" : "";
    if (type.startsWith("application/json")) {
      const announced = answered.get("content-length");
      // Its announced length says nothing when it is compressed.
      const known = announced !== null && answered.get("content-encoding") === null;
      bytes = known && Number(announced) <= limit
        ? new Uint8Array(await response.arrayBuffer())
        : await whole(response, known ? 0 : limit);
      head = `${response.status}\n${type}\n${session}\n${after}\n${tag}\n`;
      response = undefined;
    } else {
      head = `${response.status}\n${type}\n${session}\n${after}\n${tag}\n`;
    }
  } catch {
    head = ""; // no answer
  }
  call.tell("answered", number, head, bytes, response);
}

/** A body of at most `limit` bytes. */
async function whole(response, limit) {
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

// Requests by their lines: calls of the same tool differ in their bodies only, and headers made of strings cost
// more than all that is done with them here. The map is emptied rather than grown.
const requests = new Map();

function prepared(lines) {
  let request = requests.get(lines);
  if (!request) {
    const [url, method, ...rest] = lines.split("\n");
    const headers = new Headers();
    for (let at = 0; at + 1 < rest.length; at += 2) headers.append(rest[at], rest[at + 1]);
    // Asked of Microsoft Graph: there the tag of an answer has a meaning.
    request = { url, method, headers, tagged: headers.has("client-request-id") };
    if (requests.size >= 512) requests.clear();
    requests.set(lines, request);
  }
  return request;
}

/** A header of the agent's request. */
export function header(call, name) {
  try {
    return call.request.headers.get(name) ?? undefined;
  } catch {
    return undefined; // not the name of a header
  }
}

// A larger transition, of hundreds of calls that ended, goes as a body.
const HEADER = 8 * 1024;

// Ids of accounts by their names: an id is a hash. The map is emptied rather than grown.
const ids = new Map();

/**
 * Does a step on an account; told is its outcome, nothing when it cannot be asked, no text when there are no accounts.
 *
 * It is a fetch whose headers say all: calling a method of the object costs the platform half as much again, and a
 * body each way about the same.
 */
export async function step(call, number, name, jurisdiction, location, transition) {
  let outcome;
  try {
    const all = call.env.ACCOUNTS;
    if (!all) return call.tell("stepped", number, "");
    const accounts = jurisdiction ? all.jurisdiction(jurisdiction) : all;
    const key = `${jurisdiction} ${name}`;
    let id = ids.get(key);
    if (!id) {
      id = accounts.idFromName(name);
      if (ids.size >= 4096) ids.clear();
      ids.set(key, id);
    }
    const account = accounts.get(id, location ? { locationHint: location } : undefined);
    const asked = transition.length <= HEADER ? { headers: { transition } } : { method: "POST", body: transition };
    outcome = (await account.fetch("http://account/", asked)).headers.get("outcome");
  } catch (error) {
    console.warn(`the account ${name} cannot be asked: ${error}`);
  }
  call.tell("stepped", number, outcome);
}

/** Whether there are accounts. */
export function accounts(call) {
  return call.env.ACCOUNTS !== undefined;
}

/** The object of a meeting; nothing when there are no meetings. */
function meeting(call, id, jurisdiction) {
  const all = call.env.WAITING;
  const meetings = jurisdiction ? all?.jurisdiction(jurisdiction) : all;
  return meetings?.get(meetings.idFromName(id));
}

/** Whether there are meetings. */
export function meetings(call) {
  return call.env.WAITING !== undefined;
}

/**
 * Leaves a message at a meeting for `keep` ms; told is `1`, or `0` when `most` are there already, nothing when it cannot
 * be asked. With `insteadOf` it is left in the place of all that is there, if that is the last turn, else told is `0`.
 */
export async function post(call, number, id, jurisdiction, message, keep, most, insteadOf) {
  let taken;
  try {
    const headers = { keep: String(keep), most: String(most) };
    if (insteadOf !== undefined) headers.instead = String(insteadOf);
    const asked = { method: "POST", body: message.slice(), headers };
    taken = (await meeting(call, id, jurisdiction).fetch("http://meeting/", asked)).headers.get("taken");
  } catch (error) {
    console.warn(`a message cannot be left: ${error}`);
  }
  call.tell("stepped", number, taken ?? undefined);
}

/**
 * Waits at a meeting for the first message behind the turn `after`, for `ms` milliseconds. Told are its turn and its bytes;
 * `none` when the time is over, no head when it cannot be asked. `abort` of what it returns ends the wait.
 */
export function wait(call, number, id, jurisdiction, after, ms) {
  const gone = new AbortController();
  (async () => {
    let head = "";
    let bytes;
    try {
      const asked = { headers: { after: String(after), ms: String(ms) }, signal: gone.signal };
      const response = await meeting(call, id, jurisdiction).fetch("http://meeting/", asked);
      if (response.status === 200) bytes = new Uint8Array(await response.arrayBuffer());
      if (response.ok) head = response.headers.get("turn") ?? "none";
    } catch (error) {
      if (!gone.signal.aborted) console.warn(`a meeting cannot be asked: ${error}`);
    }
    call.tell("answered", number, head, bytes);
  })();
  return gone;
}

/** Reads a file of at most `limit` bytes that is deployed with the Worker; told is nothing when it cannot be had. */
export async function asset(call, number, name, limit) {
  let bytes;
  try {
    const response = await call.env.ASSETS?.fetch(`http://assets/${name}`);
    if (response?.status === 200) bytes = await whole(response, limit);
  } catch (error) {
    console.warn(`the asset ${name} cannot be read: ${error}`);
  }
  call.tell("chunk", number, false, bytes);
}

// The shortest time that a place may serve what it has read itself, in seconds: what is changed elsewhere is seen half a
// minute later. One object for all reads.
const RECALLED = { type: "arrayBuffer", cacheTtl: 30 };

/** Reads what KV keeps under `key`; told is nothing when there is none, or it cannot be read. */
export async function recall(call, number, key) {
  let bytes;
  try {
    const value = await call.env.POSTERN_KV.get(key, RECALLED);
    if (value !== null) bytes = new Uint8Array(value);
  } catch {
    // A fault is a miss, and so is a KV that is not bound.
  }
  call.tell("chunk", number, false, bytes);
}

/** A reader of the body of a request or response; nothing when there is none. */
export function reader(message) {
  return message.body?.getReader();
}

/** Reads a chunk; told are its bytes, nothing at the end. */
export async function read(call, number, reader) {
  let chunk;
  let broken = false;
  try {
    chunk = (await reader.read()).value;
  } catch {
    broken = true;
  }
  call.tell("chunk", number, broken, chunk);
}

/** Ends a reader's stream, unheard. */
export function cancel(reader) {
  reader.cancel().catch(() => {});
}

/** Tells after `ms` milliseconds, and lets run what is due; returns what `clearTimeout` takes. */
export function ring(call, number, ms) {
  return setTimeout(() => call.tell("rung", number), ms);
}

/** The answer to the agent; `lines` has its headers. */
export function respond(call, status, lines, body) {
  try {
    // An object is read by the platform at a third of the cost of pairs. No name comes twice.
    const parts = lines.split("\n");
    const headers = {};
    for (let at = 0; at + 1 < parts.length; at += 2) headers[parts[at]] = parts[at + 1];
    call.answer(new Response(body, { status, headers }));
  } catch (error) {
    call.end(error);
  }
}

/** The same with a body still to come: `number` names what it is pulled from. */
export function stream(call, status, lines, number) {
  const body = new ReadableStream({
    start(controller) {
      call.stream = controller;
    },
    pull() {
      return new Promise((resolve) => {
        call.pulled = resolve;
        call.tell("pulled", number);
      });
    },
    cancel() {
      call.stream = undefined;
      call.tell("left", number);
    },
  }, { highWaterMark: 0 });
  respond(call, status, lines, body);
}

/** Gives the stream its next bytes, or its end. */
export function push(call, bytes) {
  const stream = call.stream;
  if (bytes === undefined) call.stream = undefined;
  try {
    bytes === undefined ? stream?.close() : stream?.enqueue(bytes.slice());
  } catch {
    // The agent has left, and the wasm is told so.
  }
  call.pulled();
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
