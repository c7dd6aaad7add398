// A server of the 2026-07-28 era with every fixture of the conformance suite, on the official
// server package. It also serves the 2025 era, with sessions, unless `--era modern` is given:
// then it refuses that era, so that a test knows that its caller speaks the new one.
import { randomUUID } from 'node:crypto';
import {
  McpServer,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { z } from 'zod';
import { fail, options, serve } from '../../deploy/demo/serve.mjs';
import {
  FORM_DEFAULTS,
  FORM_ENUMS,
  SCHEMA_2020_12,
  registerPrompts,
  registerResources,
  registerTools,
  text,
} from './fixtures.mjs';
import { EXTENSION, registerTasks } from './tasks.mjs';

const CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const kit = {
  log: (context, level, data) => context.mcpReq.log(level, data),
  notify: (context, method, params) => context.mcpReq.notify({ method, params }),
  token: (context) => context.mcpReq._meta?.progressToken,
};

// Signs the state that travels through the client; the key lives as long as the process.
const codec = createRequestStateCodec({ key: randomUUID() + randomUUID() });
const form = (message, properties) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  });
const sample = (prompt, maxTokens) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
    maxTokens,
  });

/** Whether the tool and the prompt that come and go are there at present. */
const extra = { tool: false, prompt: false };

/** The tools that ask the client back, written once for both eras. */
function registerAsking(server) {
  const tool = (name, description, run, shape = {}) =>
    server.registerTool(name, { description, inputSchema: z.object(shape) }, run);
  const ask = (name, description, key, request, answer, shape) =>
    tool(name, description, async (args, context) => {
      const view = inputResponse(context.mcpReq.inputResponses, key);
      if (view.kind === 'missing') return inputRequired({ inputRequests: { [key]: request(args) } });
      return text(answer(view));
    }, shape);

  const outcome = (view) => `action=${view.action}, content=${JSON.stringify(view.content ?? {})}`;
  const sampled = (view) => `LLM response: ${view.result?.content?.text ?? 'No response'}`;
  ask('test_sampling', 'Asks the client to sample', 'sample',
    ({ prompt }) => sample(prompt, 100), sampled, { prompt: z.string() });
  ask('test_missing_capability', 'Needs the client to sample', 'sample', () => sample('x', 10), sampled);
  ask('test_elicitation', 'Asks the user', 'answer',
    ({ message }) => form(message, { response: { type: 'string', description: "User's response" } }),
    (view) => `User response: ${outcome(view)}`, { message: z.string() });
  for (const [name, requestedSchema] of [['sep1034_defaults', FORM_DEFAULTS], ['sep1330_enums', FORM_ENUMS]]) {
    ask(`test_elicitation_${name}`, 'Asks the user with a form', 'answer',
      () => inputRequired.elicit({ message: 'Please fill in the form', requestedSchema }),
      (view) => `Elicitation completed: ${outcome(view)}`);
  }
  tool('test_streaming_elicitation', 'Reports progress, then asks the user', async (_, context) => {
    const progressToken = kit.token(context);
    if (progressToken !== undefined) {
      await kit.notify(context, 'notifications/progress', { progressToken, progress: 1, total: 2 });
    }
    return inputRequired({ inputRequests: { user_name: form('What is your name?', { name: { type: 'string' } }) } });
  });
}

/** The tools and the prompt of the scenarios `input-required-result-*`. */
function registerRounds(server) {
  const prefix = 'test_input_required_result_';
  const tool = (name, run) =>
    server.registerTool(prefix + name, { description: `Asks back: ${name}`, inputSchema: z.object({}) },
      (_, context) => run(context.mcpReq, context));
  const kind = (request, key) => inputResponse(request.inputResponses, key).kind;
  const name = () => form('What is your name?', { name: { type: 'string' } });
  const confirm = () => form('Please confirm', { ok: { type: 'boolean' } });

  tool('elicitation', (request) => {
    const answer = inputResponse(request.inputResponses, 'user_name');
    if (answer.kind !== 'elicit') return inputRequired({ inputRequests: { user_name: name() } });
    return text(`Hello, ${answer.content?.name ?? 'stranger'}!`);
  });
  tool('sampling', (request) => {
    const answer = inputResponse(request.inputResponses, 'capital_question');
    if (answer.kind === 'sampling') return text(answer.result.content.text);
    return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
  });
  tool('list_roots', (request) => {
    const answer = inputResponse(request.inputResponses, 'client_roots');
    if (answer.kind === 'roots') return text(answer.roots.map((root) => root.uri).join('\n'));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  const stateful = async (request, context) => {
    if (request.requestState() && kind(request, 'confirm') === 'elicit') return text('state-ok');
    const requestState = await codec.mint({ asked: 'confirm' }, context);
    return inputRequired({ inputRequests: { confirm: confirm() }, requestState });
  };
  tool('request_state', stateful);
  tool('tampered_state', stateful);
  tool('multiple_inputs', async (request, context) => {
    const kinds = ['user_name', 'greeting', 'client_roots'].map((key) => kind(request, key));
    if (kinds.join() === 'elicit,sampling,roots' && request.requestState()) return text('all answered');
    return inputRequired({
      inputRequests: {
        user_name: name(),
        greeting: sample('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await codec.mint({ asked: 'all' }, context),
    });
  });
  tool('multi_round', async (request, context) => {
    const round = request.requestState()?.round ?? 0;
    if (round === 2 && kind(request, 'step2') === 'elicit') return text('both steps done');
    const second = round >= 1 && kind(request, 'step1') === 'elicit';
    const inputRequests = second
      ? { step2: form('Step 2: What is your favorite color?', { color: { type: 'string' } }) }
      : { step1: form('Step 1: What is your name?', { name: { type: 'string' } }) };
    return inputRequired({ inputRequests, requestState: await codec.mint({ round: second ? 2 : 1 }, context) });
  });
  tool('capabilities', (request) => {
    const declared = request.envelope?.[CLIENT_CAPABILITIES] ?? {};
    const inputRequests = {};
    if (declared.elicitation) inputRequests.user_name = name();
    if (declared.sampling) inputRequests.greeting = sample('Generate a greeting', 50);
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : text('nothing to ask');
  });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks back' }, (context) => {
    const answer = inputResponse(context.mcpReq.inputResponses, 'user_context');
    if (answer.kind !== 'elicit') {
      const user_context = form('What context should the prompt use?', { context: { type: 'string' } });
      return inputRequired({ inputRequests: { user_context } });
    }
    const content = { type: 'text', text: `Prompt with context: ${answer.content?.context}` };
    return { messages: [{ role: 'user', content }] };
  });
}

/** The tools that change the lists, and what they change. */
function registerChanges(server, notify) {
  const trigger = (kind, changed) =>
    server.registerTool(`test_trigger_${kind}_change`,
      { description: `Adds or removes a ${kind}`, inputSchema: z.object({}) }, () => {
        extra[kind] = !extra[kind];
        changed();
        return text(`the extra ${kind} is ${extra[kind] ? 'there' : 'gone'}`);
      });
  trigger('tool', () => notify().toolsChanged());
  trigger('prompt', () => notify().promptsChanged());
  if (extra.tool) {
    server.registerTool('test_extra_tool', { description: 'Comes and goes' }, () => text('here'));
  }
  if (extra.prompt) {
    const messages = [{ role: 'user', content: { type: 'text', text: 'here' } }];
    server.registerPrompt('test_extra_prompt', { description: 'Comes and goes' }, () => ({ messages }));
  }
}

/** Makes one server: for one request of the modern era, for one session of the old one. */
function build(notify, era) {
  const hint = { ttlMs: 60_000, cacheScope: 'public' };
  const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'server/discover'];
  const server = new McpServer(
    { name: 'postern-test-modern', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
        ...(era === 'modern' ? { extensions: { [EXTENSION]: {} } } : {}),
      },
      instructions: 'A server with the fixtures of the conformance suite.',
      cacheHints: {
        ...Object.fromEntries(lists.map((method) => [method, hint])),
        'resources/read': { ttlMs: 5_000, cacheScope: 'private' },
      },
      requestState: { verify: codec.verify },
    },
  );
  registerTools(server, kit);
  server.registerTool('json_schema_2020_12_tool',
    { description: 'Its schema uses JSON Schema 2020-12', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    (args) => text(JSON.stringify(args)));
  registerAsking(server);
  registerRounds(server);
  registerChanges(server, notify);
  server.registerTool('test_trigger_resource_update',
    { description: 'Tells subscribers of test://watched-resource', inputSchema: z.object({}) }, () => {
      notify().resourceUpdated('test://watched-resource');
      return text('told');
    });
  registerResources(server, ResourceTemplate);
  registerPrompts(server, (shape) => z.object(shape), completable);
  if (era === 'modern') registerTasks(server);
  return server;
}

/** The old era with sessions: `createMcpHandler` alone would serve it without. */
function sessions(notify) {
  const open = new Map();
  const refuse = (status, code, message) =>
    Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
  return async (request) => {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      return open.get(id)?.handleRequest(request) ?? refuse(404, -32001, 'Session not found');
    }
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void open.set(session, transport),
      onsessionclosed: (session) => void open.delete(session),
    });
    const server = build(notify, 'legacy');
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
    await server.connect(transport);
    return transport.handleRequest(request);
  };
}

const settings = options(0, { era: { type: 'string', default: 'dual' } });
if (!['dual', 'modern'].includes(settings.era)) fail(`--era ${settings.era}: choose dual or modern`);
const modern = createMcpHandler(() => build(() => modern.notify, 'modern'), { legacy: 'reject' });
const legacy = sessions(() => modern.notify);
const dual = {
  fetch: async (request) => ((await isLegacyRequest(request)) ? legacy(request) : modern.fetch(request)),
};
const handler = toNodeHandler(settings.era === 'modern' ? modern : dual);
const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();

serve(settings, (req, res) => validHost(req, res) && validOrigin(req, res) && handler(req, res), () =>
  modern.close());
