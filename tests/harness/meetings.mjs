// Meetings behind two pages, without a gateway: what the wasm asks of host.mjs is asked here, and the objects are the real
// ones, which also tell what they hold. The pages are those of tests/spin-ledger.
import { Waiting as Real } from "./entry.mjs";
import { post, wait } from "./host.mjs";

export class Waiting extends Real {
  fetch(request) {
    if (request.method !== "PUT") return super.fetch(request);
    return new Response(`${this.waits.size} waits, ${[...this.ctx.storage.kv.list()].length} messages`);
  }
}

/** What the host tells a call. `ask` gets the call and a number. */
function told(env, ask) {
  return new Promise((resolve) => ask({ env, tell: (...values) => resolve(values) }, 7));
}

async function posted(env, id, query) {
  const size = Number(query.get("size") ?? 0);
  const text = new TextEncoder().encode(query.get("text") ?? "");
  const message = size > 0 ? new Uint8Array(size).fill("x".charCodeAt(0)) : text;
  const keep = Number(query.get("keep") ?? 60_000);
  const instead = query.has("instead") ? Number(query.get("instead")) : undefined;
  const [door, number, taken] = await told(env, (call, number) => post(call, number, id, "", message, keep, 32, instead));
  if (door !== "stepped" || number !== 7 || taken === undefined) return new Response(null, { status: 502 });
  return new Response(null, { status: taken === "1" ? 200 : 409 });
}

/** A wait, which is ended after `left` ms as the wasm does when its future is dropped. */
async function waited(env, id, query) {
  const [after, ms] = [Number(query.get("after") ?? 0), Number(query.get("deadline") ?? 250)];
  const [door, number, head, bytes] = await told(env, (call, number) => {
    const going = wait(call, number, id, "", after, ms);
    const left = Number(query.get("left") ?? 0);
    if (left > 0) setTimeout(() => going.abort(), left);
  });
  if (door !== "answered" || number !== 7 || head === "") return new Response(null, { status: 502 });
  if (bytes === undefined) return new Response(null, { status: 404 });
  return new Response(`${head} ${new TextDecoder().decode(bytes)}`);
}

export default {
  fetch(request, env) {
    const { pathname, searchParams: query } = new URL(request.url);
    const id = Number(query.get("id") ?? 0).toString(16).padStart(32, "0");
    switch (pathname) {
      case "/post": return posted(env, id, query);
      case "/wait": return waited(env, id, query);
      case "/holds": return env.WAITING.get(env.WAITING.idFromName(id)).fetch("http://meeting/", { method: "PUT" });
      default: return new Response(null);
    }
  },
};
