// KV in memory, as workerd's `kvNamespace` binding speaks it: GET, PUT and DELETE on /KEY, 404 for a miss, the
// metadata in a header; GET on / tells all that it holds, in bytes by key, and on /?reads how many values were asked for.
// What it holds at the start is the binding ENTRIES, texts by their keys.
const values = new Map();
const LIMIT = 10_000;
let filled = false;
let reads = 0;

function fill(entries) {
  filled = true;
  for (const [key, value] of Object.entries(entries)) values.set(key, { value, metadata: null, until: Infinity });
}

function bytes(value) {
  return [...(typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value))];
}

export default {
  async fetch(request, env) {
    if (!filled) fill(env.ENTRIES ?? {});
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    const now = Date.now() / 1000;
    switch (request.method) {
      case "GET": {
        if (url.search === "?reads") return new Response(String(reads));
        if (key === "") {
          const all = [...values].map(([name, { value }]) => [name, bytes(value)]);
          return Response.json(Object.fromEntries(all));
        }
        reads += 1;
        const found = values.get(key);
        if (found === undefined || found.until <= now) return new Response(null, { status: 404 });
        const headers = found.metadata === null ? {} : { "CF-KV-Metadata": found.metadata };
        return new Response(found.value, { headers });
      }
      case "PUT": {
        if (values.size >= LIMIT && !values.has(key)) values.delete(values.keys().next().value);
        const ttl = url.searchParams.get("expiration_ttl");
        const at = url.searchParams.get("expiration");
        const until = ttl !== null ? now + Number(ttl) : at !== null ? Number(at) : Infinity;
        values.set(key, { value: await request.arrayBuffer(), metadata: request.headers.get("CF-KV-Metadata"), until });
        return new Response(null);
      }
      case "DELETE":
        values.delete(key);
        return new Response(null);
      default:
        return new Response(null, { status: 405 });
    }
  },
};
