// One agent's way to its tools: the official client, which checks results against their schemas. All that reaches it is kept
// as it came: what is not in there, the agent has not seen.
import { performance } from 'node:perf_hooks';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

export class Caller {
  /** Every body and head that came, as text. */
  received = [];
  /** Every call, with what came of it. */
  calls = [];
  #reading = [];

  /** @param {{tenant: string, name: string, endpoint: string, token: string}} of */
  constructor({ tenant, name, endpoint, token }) {
    this.tenant = tenant;
    this.name = name;
    this.client = new Client({ name, version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    this.transport = new StreamableHTTPClientTransport(new URL(`/t/${tenant}/mcp`, endpoint), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        this.request = answer.headers.get('postern-request');
        this.received.push([...answer.headers].join('\n'));
        // A copy: the client reads its own. A stream that the client leaves has no more to say.
        const read = answer.clone().text();
        this.#reading.push(read.then((text) => this.received.push(text), () => {}));
        return answer;
      },
    });
  }

  /** Connects and reads all lists; schemas are known from then on. */
  async connect() {
    await this.client.connect(this.transport);
    const { tools } = await this.client.listTools();
    this.tools = tools;
    if (tools.some(({ name }) => name === 'billing__refund')) {
      await this.client.listPrompts();
      await this.client.listResources();
    }
  }

  /** Ends, and waits for what is still being read. */
  async close() {
    await this.client.close();
    await Promise.all(this.#reading);
  }

  /** A call of a tool: its result or error, whatever comes. */
  tool(name, args, onprogress) {
    const send = () => this.client.callTool({ name, arguments: args }, onprogress && { onprogress });
    return this.#make(name, send, (result) => {
      const text = result.content.map((block) => block.text ?? '').join('\n');
      return { isError: result.isError === true, text, value: result.structuredContent, content: result.content };
    });
  }

  /** The text of a resource. */
  resource(uri) {
    return this.#make(uri, () => this.client.readResource({ uri }), ({ contents }) => ({ text: contents[0].text }));
  }

  /** The text of a prompt. */
  prompt(name, args) {
    const text = ({ messages }) => ({ text: messages[0].content.text });
    return this.#make(name, () => this.client.getPrompt({ name, arguments: args }), text);
  }

  async #make(name, send, read) {
    const start = performance.now();
    const made = await send().then(read, ({ code, message, data }) => ({ code, text: message, data }));
    Object.assign(made, { name, request: this.request, ms: performance.now() - start });
    this.calls.push(made);
    return made;
  }
}
