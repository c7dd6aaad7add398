// The Worker's module: hands each request to the wasm, and gives the next one a fresh instance after a trap.
// `build/` is made by `cargo xtask build` and holds what wasm-bindgen wrote.
import * as postern from "./build/postern.js";

// Shared with the Rust side: `worker`'s panic hook sets `criticalError` too.
const state = postern.__worker_init_state();

// A trap outside a call of ours (a promise job, a stream callback) shows up here only.
addEventListener("error", (event) => notice(event.error));

/** Marks the instance as lost when `error` is a wasm trap: its memory may hold half-made changes. */
function notice(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    console.error("wasm trap", error);
    state.criticalError = true;
  }
}

/** Replaces a lost instance. Everything that lived in it (open streams, caches) is gone. */
function renew() {
  postern.__wbg_reset_state();
  state.criticalError = false;
}

/** Method, URL and all headers of a request as lines, `method`, `url`, then `name`, `value`, ...: one crossing. */
function head(request) {
  let lines = `${request.method}\n${request.url}\n`;
  for (const [name, value] of request.headers) lines += `${name}\n${value}\n`;
  return lines;
}

// Largest body, in bytes, that is read before the gateway looks at its request. Most are far smaller, and a wait
// here costs a third of one in wasm. Anything else is read, and counted, when the gateway asks for it.
const SMALL = 64 * 1024;

async function serve(request, env, ctx) {
  const length = Number(request.headers.get("content-length") ?? NaN);
  const body = length <= SMALL ? new Uint8Array(await request.arrayBuffer()) : undefined;
  return postern.serve(request, env, ctx, head(request), body);
}

export default {
  async fetch(request, env, ctx) {
    if (state.criticalError) renew();
    try {
      const response = serve(request, env, ctx);
      // When the agent leaves early the runtime would drop the call where it stands: its memory would never be
      // freed and its audit record never written. This lets it come to its end.
      ctx.waitUntil(response);
      return await response;
    } catch (error) {
      notice(error);
      throw error;
    }
  },
};
