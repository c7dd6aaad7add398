// One place at the desk: the official client with an agent's token, one question after the other, and what came of each.
import { performance } from 'node:perf_hooks';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { trace } from '../trace.mjs';

/** The member of `_meta` by which the gateway says that an answer was kept. */
const KEPT = 'dev.postern/cache';

/** A call that ended in an error; the gateway's own comes as text of an HTTP error where its answer is no 200. */
function failure(error) {
  let body = error;
  try {
    if (error.data?.text) body = JSON.parse(error.data.text).error;
  } catch {
    // No JSON, so that it comes from something else than the gateway.
  }
  return { outcome: 'failed', code: body.code, message: body.message };
}

function result({ isError, content, structuredContent: value, _meta }) {
  if (isError) return { outcome: 'failed', message: content[0]?.text };
  return { outcome: 'answered', value, told: _meta?.[KEPT]?.kind };
}

export class Caller {
  /** Every call in its order. */
  calls = [];

  /** @param {{tenant: string, agent: string, endpoint: string, token: string}} of */
  constructor({ tenant, agent, endpoint, token }) {
    this.client = new Client({ name: agent, version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    this.transport = new StreamableHTTPClientTransport(new URL(`/t/${tenant}/mcp`, endpoint), {
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

  /** One call, with `about` it for the report, whatever comes of it. */
  async call(tool, args, about = {}) {
    const id = trace();
    const began = Date.now();
    const start = performance.now();
    const send = this.client.callTool({ name: `itsm__${tool}`, arguments: args, _meta: { traceparent: id } });
    const found = await send.then(result, failure);
    const ms = performance.now() - start;
    const made = { id, tool, began, ms, ...about, ...found, request: this.request };
    this.calls.push(made);
    return made;
  }

  search(question, about) {
    return this.call('search_articles', { question }, about);
  }
}
