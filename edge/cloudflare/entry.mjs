// The Worker's module: hands each request to the wasm, and gives the next one a fresh instance after a trap.
// `build/` is made by `cargo xtask build` and holds what wasm-bindgen wrote.
import { DurableObject } from "cloudflare:workers";
import * as postern from "./build/postern.js";

// Shared with the Rust side: `worker`'s panic hook sets `criticalError` too.
const state = postern.__worker_init_state();

// Which instance of the wasm is at work: what an earlier one waits for must not be told to a later one.
let life = 0;

// A trap outside a call of ours (a promise job of wasm-bindgen's) shows up here only.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) lose(error);
});

/** Marks the instance as lost: its memory may hold half-made changes. */
function lose(error) {
  console.error("wasm trap", error);
  state.criticalError = true;
}

/** Replaces a lost instance. Everything that lived in it (open streams, caches) is gone. */
function renew() {
  postern.__wbg_reset_state();
  state.criticalError = false;
  life += 1;
}

// The headers that the gateway looks at. Others it asks for one by one (`header` in host.mjs).
const NAMED = postern.named_headers().split("\n");

/** Method, URL and those headers as lines, `method`, `url`, then `name`, `value`, ...: one crossing. */
function head(request) {
  let lines = `${request.method}\n${request.url}\n`;
  const headers = request.headers;
  for (const name of NAMED) {
    const value = headers.get(name);
    if (value !== null) lines += `${name}\n${value}\n`;
  }
  return lines;
}

// What `Call.tell` calls. An object of our own: a name is found in it at once, in a module's namespace it is not.
const { serve, answered, stepped, chunk, rung, pulled, left } = postern;
const doors = { serve, answered, stepped, chunk, rung, pulled, left };

/** One fetch event, as the wasm has it in hand. */
class Call {
  constructor(request, env, context) {
    this.request = request;
    this.env = env;
    this.context = context;
    this.life = life;
    /** The stream to the agent, when the answer is one. */
    this.stream = undefined;
    /** Whether it was answered, or ended without. */
    this.over = false;
    const { promise, resolve, reject } = Promise.withResolvers();
    this.response = promise;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Answers it. */
  answer(response) {
    this.over = true;
    this.resolve(response);
  }

  /** Tells the wasm something: `what` is the function of it that is called, one of `doors`. */
  tell(what, ...values) {
    if (this.life !== life || state.criticalError) return this.end(new Error("the instance of this call was lost"));
    try {
      doors[what](...values);
    } catch (error) {
      // No function of the host throws into the wasm, so that this can only be a trap.
      lose(error);
      this.end(error);
    }
  }

  /** Ends the call where it stands. */
  end(error) {
    this.over = true;
    this.reject(error);
    this.stream?.error(error);
    this.stream = undefined;
  }
}

// Largest body, in bytes, that is read before the gateway looks at its request: it comes over with the head. Most are
// far smaller. Anything else is read, and counted, when the gateway asks for it.
const SMALL = 64 * 1024;

async function begin(call) {
  const request = call.request;
  const length = Number(request.headers.get("content-length") ?? NaN);
  let body;
  let lines;
  try {
    if (length <= SMALL) body = new Uint8Array(await request.arrayBuffer());
    lines = head(request);
  } catch (error) {
    return call.end(error); // the agent has left before it had asked
  }
  call.tell("serve", call, lines, body);
  // When the agent leaves early the runtime would drop the call where it stands: its memory would never be freed and its
  // audit record never written. This lets it come to its end. Not by a handler of `request.signal` instead: the signal
  // holds its handler until a full garbage collection, and with it the whole answer. What was answered from memory has
  // come to its end, and is spared the cost, a tenth of all.
  if (!call.over) call.context.waitUntil(call.response);
}

// How long after a step an account writes back what it is, in ms: before the platform evicts an idle object (10 s).
const REST = 5_000;

/**
 * One account (`ledger` in shared/gateway). A step is done without an await, so that nothing comes in between, and what
 * it stores is durable before its outcome leaves (the output gate).
 */
export class Account extends DurableObject {
  /** Reads what is stored. Anew after a trap too: the memory of the wasm that was lost held the account. */
  wake() {
    if (state.criticalError) renew();
    if (this.account && this.life === life) return;
    this.life = life;
    this.account = new postern.Account(this.ctx.storage.kv.get("account"), Date.now());
  }

  /** One step, as `step` in host.mjs asks for it. */
  async fetch(request) {
    const transition = request.headers.get("transition") ?? await request.text();
    return new Response(null, { headers: { outcome: this.apply(transition) } });
  }

  /** The text of a transition, and that of its outcome. */
  apply(transition) {
    this.wake();
    const now = Date.now();
    let outcome;
    try {
      outcome = this.account.apply(transition, now);
      if (outcome[0] === "1") this.ctx.storage.kv.put("account", this.account.stored());
    } catch (error) {
      // What was not stored must not be believed.
      this.account = undefined;
      if (error instanceof WebAssembly.RuntimeError) lose(error);
      throw error;
    }
    this.arm(now + REST);
    return outcome;
  }

  /** Has the alarm come at `time`, or before. */
  arm(time) {
    if (this.alarmed <= time) return;
    this.alarmed = time;
    this.ctx.storage.setAlarm(time);
  }

  /** Writes back what is, every few seconds as long as it changes; deletes what no longer matters. */
  async alarm() {
    this.alarmed = undefined;
    this.wake();
    const changed = this.account.rest(Date.now());
    if (changed) this.ctx.storage.kv.put("account", this.account.stored());
    const over = this.account.over(Date.now());
    if (over === 0) await this.ctx.storage.deleteAll();
    // Reservations live in memory alone, which lasts as long as something happens.
    else this.arm(changed || this.account.open() ? Date.now() + REST : over + REST);
  }
}

/**
 * One meeting (`Rendezvous` in shared/gateway): what is posted is stored before the post is answered, told to whoever
 * waits as often as they ask, and deleted when its time is over. A meeting that nobody posts to stores nothing. No wasm.
 */
export class Waiting extends DurableObject {
  /** What has each open wait look again. */
  waits = new Set();

  /** A message or a wait, as `post` and `wait` in host.mjs send them. */
  fetch(request) {
    return request.method === "POST" ? this.post(request) : this.wait(request);
  }

  /** Takes a message, unless there are too many; or in the place of all, unless another came in between. */
  async post(request) {
    const message = new Uint8Array(await request.arrayBuffer());
    const until = Date.now() + Number(request.headers.get("keep"));
    const alarm = await this.ctx.storage.getAlarm() ?? 0;
    // From here on without an await, so that nothing comes in between and all of it is stored or nothing.
    const [[, last] = []] = this.ctx.storage.kv.list({ reverse: true, limit: 1 });
    const instead = request.headers.get("instead");
    const number = instead === null ? (last?.number ?? 0) + 1 : 1;
    const taken = instead === null ? number <= Number(request.headers.get("most")) : Number(instead) === (last?.turn ?? 0);
    if (!taken) return new Response(null, { headers: { taken: "0" } });
    // A turn is a time, so that none comes back when all has been deleted in between.
    const turn = Math.max(Date.now(), (last?.turn ?? 0) + 1);
    if (instead !== null) for (const [earlier] of [...this.ctx.storage.kv.list()]) this.ctx.storage.kv.delete(earlier);
    this.ctx.storage.kv.put(key(turn), { number, turn, message });
    if (until > alarm) this.ctx.storage.setAlarm(until);
    for (const look of this.waits) look();
    return new Response(null, { headers: { taken: "1" } });
  }

  /** The first message behind a turn: at once, when it comes, or none when the time is over or the asker has left. */
  async wait(request) {
    const after = Number(request.headers.get("after"));
    let next = this.next(after);
    if (!next) {
      const { promise, resolve } = Promise.withResolvers();
      const timer = setTimeout(resolve, Number(request.headers.get("ms")));
      request.signal.addEventListener("abort", resolve);
      this.waits.add(resolve);
      await promise;
      clearTimeout(timer);
      request.signal.removeEventListener("abort", resolve);
      this.waits.delete(resolve);
      next = this.next(after);
    }
    return next ? new Response(next.message, { headers: { turn: next.turn } }) : new Response(null, { status: 204 });
  }

  next(after) {
    const [[, next] = []] = this.ctx.storage.kv.list({ startAfter: key(after), limit: 1 });
    return next;
  }

  /** The time of the last message is over. */
  async alarm() {
    await this.ctx.storage.deleteAll();
  }
}

/** A key for each turn, in their order: times have 13 digits until the year 2286. */
function key(turn) {
  return String(turn).padStart(16, "0");
}

export default {
  fetch(request, env, context) {
    if (state.criticalError) renew();
    const call = new Call(request, env, context);
    begin(call);
    return call.response;
  },
};
