// A server of the 2025 era alone, with sessions and an event store, on the official SDK 1.x:
// what most deployed servers are. It has the fixtures of the conformance suite that exist at
// 2025-11-25, and the ones of 2026-07-28 in their old form: what a server of that revision asks
// by `input_required`, this one asks by requests of its own, on the stream of the call.
import { randomUUID } from 'node:crypto';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { options, serve } from '../../deploy/demo/serve.mjs';
import {
  FORM_DEFAULTS,
  FORM_ENUMS,
  SCHEMA_2020_12,
  registerPrompts,
  registerResources,
  registerTools,
  sleep,
  text,
} from './fixtures.mjs';

/** Milliseconds after which a client comes back to a stream that the server closed. */
const RETRY_MS = 500;
/** Events kept for each session; the oldest go first. */
const EVENTS_KEPT = 1_000;

/** An event store in memory: an event's id is its stream and its number in the session. */
class MemoryEventStore {
  #events = [];
  #last = 0;

  async storeEvent(stream, message) {
    const id = `${stream}_${++this.#last}`;
    this.#events.push({ id, stream, message });
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
    return id;
  }

  async getStreamIdForEventId(id) {
    return this.#events.find((event) => event.id === id)?.stream;
  }

  async replayEventsAfter(last, { send }) {
    const from = this.#events.findIndex((event) => event.id === last);
    if (from < 0) throw new Error(`unknown event ${last}`);
    const { stream } = this.#events[from];
    for (const event of this.#events.slice(from + 1)) {
      // The first event of a stream is empty: it only carries the id to come back with.
      const primer = Object.keys(event.message).length === 0;
      if (event.stream === stream && !primer) await send(event.id, event.message);
    }
    return stream;
  }
}

const kit = {
  notify: (context, method, params) => context.sendNotification({ method, params }),
  log: (context, level, data) =>
    context.sendNotification({ method: 'notifications/message', params: { level, data } }),
  token: (context) => context._meta?.progressToken,
};

const ask = (context, params) =>
  context.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
const outcome = ({ action, content }) => `action=${action}, content=${JSON.stringify(content ?? {})}`;

/** The tools that ask the client back, on the stream of the call. */
function registerAsking(server) {
  const tool = (name, description, shape, run) =>
    server.registerTool(name, { description, inputSchema: z.object(shape) }, run);
  const sample = async (context, prompt) => {
    const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
    const request = { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } };
    const { content } = await context.sendRequest(request, CreateMessageResultSchema);
    return text(`LLM response: ${content.text ?? 'No response'}`);
  };
  tool('test_sampling', 'Asks the client to sample', { prompt: z.string() },
    ({ prompt }, context) => sample(context, prompt));
  // It asks whatever the client declared: the gateway in front must refuse the call.
  tool('test_missing_capability', 'Needs the client to sample', {}, (_, context) => sample(context, 'x'));
  tool('test_elicitation', 'Asks the user', { message: z.string() }, async ({ message }, context) => {
    const properties = { response: { type: 'string', description: "User's response" } };
    const requestedSchema = { type: 'object', properties, required: ['response'] };
    return text(`User response: ${outcome(await ask(context, { message, requestedSchema }))}`);
  });
  for (const [name, requestedSchema] of [['sep1034_defaults', FORM_DEFAULTS], ['sep1330_enums', FORM_ENUMS]]) {
    tool(`test_elicitation_${name}`, 'Asks the user with a form', {}, async (_, context) => {
      const answer = await ask(context, { message: 'Please fill in the form', requestedSchema });
      return text(`Elicitation completed: ${outcome(answer)}`);
    });
  }
}

/** What a client may be asked, with the shape of its answer. */
const ANSWERS = {
  'elicitation/create': ElicitResultSchema,
  'sampling/createMessage': CreateMessageResultSchema,
  'roots/list': ListRootsResultSchema,
};

/**
 * Questions with names as their JSON-RPC ids, where the SDK would count: the conformance suite
 * looks for an answer's key, and a question of the old form has no other name. An id is one of
 * its kind while it waits: where it is taken, the next question is called `NAME-2`.
 */
class Questions {
  #transport;
  #waiting = new Map();

  /** @param transport that of a server which is connected already */
  constructor(transport) {
    this.#transport = transport;
    const { onmessage } = transport;
    transport.onmessage = (message, extra) => {
      const answered = 'method' in message ? undefined : this.#waiting.get(message.id);
      return answered ? answered(message) : onmessage(message, extra);
    };
  }

  /** Asks on the stream of the request of `context`; the result, or an error when it is none or that request ends. */
  async ask({ requestId, signal }, name, method, params = {}) {
    let id = name;
    for (let number = 2; this.#waiting.has(id); number += 1) id = `${name}-${number}`;
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
    });
    try {
      const question = { jsonrpc: '2.0', id, method, params };
      await this.#transport.send(question, { relatedRequestId: requestId });
      const { result, error } = await answer;
      if (error) throw new Error(`${method} was refused: ${error.message}`);
      return ANSWERS[method].parse(result);
    } finally {
      this.#waiting.delete(id);
    }
  }
}

/** The tools and the prompt of the scenarios `input-required-result-*`. */
function registerRounds(server, questions) {
  const form = (context, name, message, properties) =>
    questions().ask(context, name, 'elicitation/create', {
      message,
      requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
    });
  const sample = (context, name, prompt, maxTokens) =>
    questions().ask(context, name, 'sampling/createMessage', {
      messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
      maxTokens,
    });
  const person = (context) => form(context, 'user_name', 'What is your name?', { name: { type: 'string' } });
  const greeting = (context) => sample(context, 'greeting', 'Generate a greeting', 50);
  const roots = (context) => questions().ask(context, 'client_roots', 'roots/list');

  const tool = (name, run) =>
    server.registerTool(`test_input_required_result_${name}`,
      { description: `Asks back: ${name}`, inputSchema: z.object({}) }, (_, context) => run(context));
  tool('elicitation', async (context) => {
    const { content } = await person(context);
    return text(`Hello, ${content?.name ?? 'stranger'}!`);
  });
  tool('sampling', async (context) => {
    const { content } = await sample(context, 'capital_question', 'What is the capital of France?', 100);
    return text(content.text);
  });
  tool('list_roots', async (context) =>
    text((await roots(context)).roots.map((root) => root.uri).join('\n')));
  // The state of an old server is its session: what these two prove is that of the gateway in front.
  for (const name of ['request_state', 'tampered_state']) {
    tool(name, async (context) => {
      const { action } = await form(context, 'confirm', 'Please confirm', { ok: { type: 'boolean' } });
      return text(action === 'accept' ? 'state-ok' : 'not confirmed');
    });
  }
  tool('multiple_inputs', async (context) => {
    await Promise.all([person(context), greeting(context), roots(context)]);
    return text('all answered');
  });
  tool('multi_round', async (context) => {
    await form(context, 'step1', 'Step 1: What is your name?', { name: { type: 'string' } });
    await form(context, 'step2', 'Step 2: What is your favorite color?', { color: { type: 'string' } });
    return text('both steps done');
  });
  tool('capabilities', async (context) => {
    const { elicitation, sampling } = server.server.getClientCapabilities() ?? {};
    const asked = [elicitation && person(context), sampling && greeting(context)].filter(Boolean);
    await Promise.all(asked);
    return text(asked.length > 0 ? 'answered' : 'nothing to ask');
  });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks back' }, async (context) => {
    const question = 'What context should the prompt use?';
    const { content } = await form(context, 'user_context', question, { context: { type: 'string' } });
    const answer = { type: 'text', text: `Prompt with context: ${content?.context}` };
    return { messages: [{ role: 'user', content: answer }] };
  });
}

/** The tools about streams, lists and schemas. */
function registerOthers(server) {
  const none = z.object({});
  server.registerTool('test_streaming_elicitation', { description: 'Reports progress', inputSchema: none },
    async (_, context) => {
      const progressToken = kit.token(context);
      if (progressToken !== undefined) {
        await kit.notify(context, 'notifications/progress', { progressToken, progress: 1, total: 1 });
      }
      return text('nothing to ask');
    });
  server.registerTool('test_reconnection',
    { description: 'Closes its stream before it answers', inputSchema: none }, async (_, context) => {
      context.closeSSEStream?.();
      await sleep(100);
      return text('The answer came after the stream was closed.');
    });
  // zod asks a schema that has this method for its JSON Schema: the listing keeps every keyword.
  const schema = z.looseObject({});
  schema._zod.toJSONSchema = () => structuredClone(SCHEMA_2020_12);
  server.registerTool('json_schema_2020_12_tool',
    { description: 'Its schema uses JSON Schema 2020-12', inputSchema: schema },
    (args) => text(JSON.stringify(args)));
  const trigger = (name, description, run) =>
    server.registerTool(name, { description, inputSchema: none }, async () => {
      await run();
      return text('told');
    });
  // The lists are the same for all: every session is told, on its own stream.
  const all = (tell) => Promise.all([...servers].map(tell));
  trigger('test_trigger_tool_change', 'Tells that the tools changed', () => all((one) => one.sendToolListChanged()));
  trigger('test_trigger_prompt_change', 'Tells that the prompts changed', () =>
    all((one) => one.sendPromptListChanged()));
}

/** Subscriptions of one session: a tool tells the subscribers of one resource. */
function registerSubscriptions(server) {
  const subscribed = new Set();
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  const uri = 'test://watched-resource';
  server.registerTool('test_trigger_resource_update',
    { description: `Tells subscribers of ${uri}`, inputSchema: z.object({}) }, async () => {
      if (subscribed.has(uri)) await server.server.sendResourceUpdated({ uri });
      return text(subscribed.has(uri) ? 'told' : 'nobody subscribed');
    });
}

/** The servers of all sessions. */
const servers = new Set();

/** Makes the server of one session, and connects it. */
async function connect(transport) {
  const server = new McpServer(
    { name: 'postern-test-legacy', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
      instructions: 'A server of the 2025 era with sessions.',
    },
  );
  registerTools(server, kit);
  registerOthers(server);
  registerAsking(server);
  let questions;
  registerRounds(server, () => questions);
  registerSubscriptions(server);
  registerResources(server, ResourceTemplate);
  registerPrompts(server, (shape) => shape, completable);
  server.server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  await server.connect(transport);
  servers.add(server);
  server.server.onclose = () => servers.delete(server);
  questions = new Questions(transport);
}

const open = new Map();

/** Answers as the SDK's examples do: 400 without a session, 404 when it is unknown or ended. */
async function handle(req, res) {
  const id = req.headers['mcp-session-id'];
  const known = open.get(id);
  if (known) return known.handleRequest(req, res);
  if (id !== undefined) return refuse(res, 404, -32001, 'Session not found');
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: new MemoryEventStore(),
    retryInterval: RETRY_MS,
    onsessioninitialized: (session) => void open.set(session, transport),
    onsessionclosed: (session) => void open.delete(session),
  });
  await connect(transport);
  return transport.handleRequest(req, res);
}

function refuse(res, status, code, message) {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  res.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Only this machine may call: names that resolve to it from elsewhere are refused. */
function local(req) {
  const names = ['localhost', '127.0.0.1', '[::1]'];
  const { host = '', origin } = req.headers;
  const named = (url) => URL.canParse(url) && names.includes(new URL(url).hostname);
  return named(`http://${host}`) && (origin === undefined || named(origin));
}

serve(options(0), (req, res) =>
  local(req) ? handle(req, res) : refuse(res, 403, -32000, 'Host or Origin not allowed'));
