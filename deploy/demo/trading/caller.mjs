// One agent's way to its tools: the official client, a token of its own, and what came of each call.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { seeded } from '../seeded.mjs';
import { trace } from '../trace.mjs';

/** The member of `_meta` by which the ledger tells calls apart. */
const CALL = 'desk.example/call';
/** The gateway's codes: a limit is used up; the agent is stuck and goes on; limits cannot be checked right now. */
const [LIMITED, LOOPING, UNCHECKED] = [1429, 1430, 1503];
/** Who is told to come back later than this has to plan for another day. */
const PATIENCE_MS = 10_000;
/** How the gateway begins what it tells the model of an agent that is stuck. */
const STOPPED = 'This call was not carried out';
/** What no budget allows: a refusal of it says what is left. */
const UNAFFORDABLE = ['market__replay_session', { symbol: 'ACME' }];


/** What came of a call that ended in an error. */
function refusal(error) {
  let body = error;
  try {
    // An answer that is no 200 is an HTTP error to the client, with the JSON-RPC error as its text.
    if (error.data?.text) body = JSON.parse(error.data.text).error;
  } catch {
    // No JSON, so that it comes from something else than the gateway.
  }
  const { code, message, data = {} } = body;
  const known = [LIMITED, LOOPING, UNCHECKED].includes(code);
  const { kind, rule, limit, remaining, retryAfterMs: retryMs } = data;
  return { outcome: known ? 'refused' : 'failed', code, message, kind, rule, limit, remaining, retryMs };
}

export class Caller {
  /** Every call in its order, with what came of it. */
  calls = [];
  /** The trace of what it does now. */
  trace = trace();

  /** @param {{name: string, endpoint: string, token: string, start: number}} of `start`: when the desk opened */
  constructor({ name, endpoint, token, start }) {
    this.name = name;
    this.start = start;
    this.random = seeded(name);
    this.client = new Client({ name, version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    this.transport = new StreamableHTTPClientTransport(new URL(endpoint), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        this.request = answer.headers.get('postern-request');
        return answer;
      },
    });
  }

  async connect() {
    await this.client.connect(this.transport);
    await this.client.listTools();
  }

  close() {
    return this.client.close();
  }

  /** Milliseconds since the desk opened. */
  now() {
    return Date.now() - this.start;
  }

  /** One call, whatever comes of it. */
  async call(tool, args) {
    const id = `${this.name}-${this.calls.length + 1}`;
    const made = { id, tool, trace: this.trace, sentMs: this.now() };
    const found = await this.client
      .callTool({ name: tool, arguments: args, _meta: { traceparent: this.trace, [CALL]: id } })
      .then((result) => this.#result(result), refusal);
    Object.assign(made, found, { request: this.request, endedMs: this.now() });
    this.calls.push(made);
    return made;
  }

  #result(result) {
    const text = result.content?.[0]?.text ?? '';
    if (!result.isError) return { outcome: 'done', value: result.structuredContent };
    return { outcome: text.startsWith(STOPPED) ? 'stopped' : 'failed', message: text };
  }

  /**
   * Makes a call as a well-behaved agent does: one that is refused is tried again when the refusal says, unless that
   * is another day. Asks then once more, to be sure.
   */
  async insist(tool, args, untilMs = Infinity) {
    for (let finals = 0; ; ) {
      const made = await this.call(tool, args);
      if (made.outcome !== 'refused' || made.code === LOOPING) return made;
      const final = made.retryMs === undefined || made.retryMs > PATIENCE_MS;
      finals += final ? 1 : 0;
      if (finals > 1 || this.now() > untilMs) return made;
      // Not all at the same moment: who was refused together would be refused together again.
      await sleep((final ? 300 : made.retryMs) + 150 * this.random());
    }
  }

  /** What is left of its budget, in micro-units, by the gateway's own account. */
  async left() {
    await sleep(500);
    const made = await this.call(...UNAFFORDABLE);
    this.calls.pop();
    if (made.kind !== 'cost') throw new Error(`${this.name}: expected to hear of the budget, got ${JSON.stringify(made)}`);
    return made.remaining;
  }
}
