// The driver of the conformance suite's client scenarios, on the official client package 2.x:
// `node conformance.mjs URL`, started by the suite, which names the scenario and the revision in
// the environment. It plays the scenario against URL, the suite's server. With POSTERN_GATEWAY
// and POSTERN_RELAY, base URLs, it plays it against the gateway's tenant `SCENARIO-REVISION`
// instead, and tells the relay (tests/upstreams/relay.mjs) that this path of it stands for URL.
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: revision } = process.env;
const { MCP_CONFORMANCE_CONTEXT: context, POSTERN_GATEWAY: gateway, POSTERN_RELAY: relay } = process.env;

/** Milliseconds for one answer: the suite's servers have it at once. */
const timeout = 8_000;

/** Lists the tools, and calls those of `arguments_`, which has the arguments of each by name. */
const calling = (arguments_) => async (client) => {
  const { tools } = await client.listTools();
  const wanted = tools.filter(({ name }) => name in arguments_);
  for (const { name } of wanted) await client.callTool({ name, arguments: arguments_[name] }, { timeout });
};

/** An argument of each type, for a tool of which nothing but its schema is known. */
const samples = { string: 'text', integer: 1, number: 1.5, boolean: true, object: {}, array: [], null: null };
const filled = ({ properties = {} }) =>
  Object.fromEntries(Object.entries(properties).map(([key, { type }]) => [key, samples[type]]));

/** Calls every tool that is listed. */
async function callAll(client) {
  const { tools } = await client.listTools();
  for (const { name, inputSchema } of tools) await client.callTool({ name, arguments: filled(inputSchema) }, { timeout });
}

const SCENARIOS = {
  initialize: (client) => client.listTools(),
  tools_call: calling({ add_numbers: { a: 5, b: 3 } }),
  'elicitation-sep1034-client-defaults': callAll,
  'sse-retry': callAll,
  'request-metadata': (client) => client.listTools(),
  'sep-2322-client-request-state': async (client) => {
    const { tools } = await client.listTools();
    // At once: what one call is asked must not reach another. This client takes no result without a type, which the
    // suite also sends; a gateway adds it.
    await Promise.allSettled(tools.map(({ name }) => client.callTool({ name, arguments: {} }, { timeout })));
  },
  'http-standard-headers': async (client) => {
    await callAll(client);
    const { resources } = await client.listResources();
    for (const { uri } of resources) await client.readResource({ uri });
    const { prompts } = await client.listPrompts();
    for (const { name } of prompts) await client.getPrompt({ name });
  },
  'http-custom-headers': async (client) => {
    await client.listTools();
    for (const call of JSON.parse(context).toolCalls) await client.callTool(call, { timeout });
  },
  'http-invalid-tool-headers': callAll,
  'json-schema-ref-no-deref': (client) => client.listTools(),
  'json-schema-2020-12-preservation': async (client) => {
    const { tools } = await client.listTools();
    const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool').inputSchema;
    await client.callTool({ name: 'json_schema_echo', arguments: { schema } }, { timeout });
  },
};

const play = SCENARIOS[scenario];
if (play === undefined) {
  process.stderr.write(`no such scenario here: ${scenario}\n`);
  process.exit(2);
}
let endpoint = process.argv.at(-1);
if (gateway !== undefined) {
  const name = `${scenario.replaceAll('_', '-')}-${revision}`;
  await fetch(`${relay}/${name}`, { method: 'PUT', body: endpoint });
  endpoint = `${gateway}/t/${name}/mcp`;
}
const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
const mode = revision >= '2026-07-28' ? { pin: revision } : 'legacy';

/** A connected client. */
async function connect() {
  const client = new Client(
    { name: 'postern-conformance-client', version: '1.0.0' },
    { capabilities: { elicitation: { form: { applyDefaults: true } } }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    content: 'confirmed' in (params.requestedSchema?.properties ?? {}) ? { confirmed: true } : {},
  }));
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint)));
  return client;
}

let client = await connect();
// A gateway says at once what it knows of a server; on a busy machine it knows it a little later.
for (let tries = 0; gateway !== undefined && !client.getServerCapabilities()?.tools && tries < 5; tries += 1) {
  await client.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  client = await connect();
}
await play(client);
await client.close();
process.exit(0);
