// The scripted agent of `cargo xtask dev --once`, made with the official client: it lists the
// tools, calls three and is refused twice, and prints what happened and how long it took.
// POSTERN_ENDPOINT names the gateway, POSTERN_TOKEN carries the token (none: an anonymous
// gateway). The status is 0 only if everything went as expected.
import { performance } from 'node:perf_hooks';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Milliseconds that the whole script may take. */
const LIMIT_MS = 30_000;
/** Tools tried at most when the demo's are not there: some need arguments that nobody can guess. */
const CANDIDATES = 12;
/** The calls of the demo: one for each server. */
const DEMO = [
  ['get_invoice', { invoiceId: 'INV-5003' }],
  ['search_policies', { query: 'How long does a VPN session of a contractor last?' }],
  ['get_quote', { symbol: 'ACME', step: 60 }],
];
const NO_TOOL = 'no_such_tool';

const endpoint = process.env.POSTERN_ENDPOINT;
const token = process.env.POSTERN_TOKEN || undefined;
if (!URL.canParse(endpoint ?? '')) {
  const example = 'http://127.0.0.1:8787/mcp';
  process.stderr.write(`POSTERN_ENDPOINT is not set: give it the address of the gateway, as ${example}\n`);
  process.exit(2);
}

const rows = [];
let expected = true;

/** Runs one step, notes what it saw and how long it took; a step that throws has failed. */
async function step(name, run) {
  const start = performance.now();
  const row = { name, ok: true };
  try {
    row.seen = await run();
  } catch (error) {
    row.ok = expected = false;
    row.seen = error.message.replace(/\s+/g, ' ');
  }
  row.ms = performance.now() - start;
  rows.push(row);
  return row.ok;
}

/** Fails the step with what was expected and what came instead. */
function expect(holds, wanted, seen) {
  if (!holds) throw new Error(`expected ${wanted}, got ${seen}`);
}

/** A client with its transport; `statuses` takes the HTTP status of each answer. */
function open(headers, statuses = []) {
  const client = new Client(
    { name: 'postern-demo-agent', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(endpoint), {
    requestInit: { headers },
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      statuses.push(answer.status);
      return answer;
    },
  });
  return { client, connect: () => client.connect(transport) };
}

const bearer = (value) => (value === undefined ? {} : { authorization: `Bearer ${value}` });

/** The first words of a result, on one line. */
function excerpt(result) {
  const text = result.content?.find((block) => block.type === 'text')?.text;
  const shown = text ?? JSON.stringify(result.structuredContent ?? result.content ?? null);
  return shown.replace(/\s+/g, ' ');
}

/** The smallest argument that a schema admits, as far as its common keywords tell. */
function sample(schema = {}, depth = 0) {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.length > 0) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  if (type === 'string') return 'example'.padEnd(schema.minLength ?? 0, '.').slice(0, schema.maxLength ?? 80);
  if (type !== 'object' || depth > 4) return {};
  const required = (schema.required ?? []).map((key) => [key, sample(schema.properties?.[key], depth + 1)]);
  return Object.fromEntries(required);
}

/** Calls a tool and refuses a result that is an error. */
async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  expect(!result.isError, 'a result', `the tool's error: ${excerpt(result)}`);
  return excerpt(result);
}

/** The three calls: the demo's tools under whatever alias, else what a guess may call. */
async function calls(client, tools) {
  const find = (wanted) => tools.find(({ name }) => name === wanted || name.endsWith(`__${wanted}`));
  if (DEMO.every(([name]) => find(name))) {
    for (const [wanted, args] of DEMO) {
      const { name } = find(wanted);
      await step(`call ${name}`, () => call(client, name, args));
    }
    return;
  }
  await guesses(client, tools);
}

/**
 * Calls three tools with arguments made from their schemas: first those that only read, never
 * one that says it destroys. A tool that refuses the arguments counts when no other is left.
 */
async function guesses(client, tools) {
  const reads = ({ annotations }) => (annotations?.readOnlyHint === true ? 0 : 1);
  const harmless = tools
    .filter(({ annotations }) => annotations?.destructiveHint !== true)
    .toSorted((a, b) => reads(a) - reads(b))
    .slice(0, CANDIDATES);
  const wanted = Math.min(3, harmless.length);
  const [answered, refusing] = [[], []];
  for (const { name, inputSchema } of harmless) {
    if (answered.length >= wanted) break;
    const start = performance.now();
    const result = await client.callTool({ name, arguments: sample(inputSchema) }).catch(() => undefined);
    if (result === undefined) continue;
    const row = { name: `call ${name}`, ok: true, seen: excerpt(result), ms: performance.now() - start };
    (result.isError ? refusing : answered).push(row);
  }
  const shown = [...answered, ...refusing].slice(0, wanted);
  rows.push(...shown);
  if (shown.length < wanted || wanted === 0) {
    await step('call tools', () => expect(false, `answers of ${wanted || 3} tools`, `${shown.length}`));
  }
}

/** The refusal before the protocol: a token that is not signed so, or an origin from elsewhere. */
async function refused() {
  const statuses = [];
  const [headers, wanted] =
    token === undefined ? [{ origin: 'https://elsewhere.example' }, 403] : [bearer(tampered(token)), 401];
  const { client, connect } = open(headers, statuses);
  const error = await connect().then(() => undefined, (reason) => reason);
  await client.close();
  const seen = `HTTP ${statuses.join(', ') || 'nothing'}`;
  expect(error !== undefined && statuses.at(-1) === wanted, `HTTP ${wanted}`, seen);
  return `refused as expected: HTTP ${wanted}`;
}

/** The token with one letter of its signature changed. */
function tampered(value) {
  const at = value.length - 10;
  return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
}

/** The refusal by the protocol: a tool that does not exist. */
async function unknown(client) {
  const outcome = await client.callTool({ name: NO_TOOL, arguments: {} }).then(
    (result) => ({ seen: `a result: ${excerpt(result)}` }),
    (error) => ({ code: error.code, seen: `${error.code} ${error.message}` }),
  );
  expect(outcome.code === -32602, 'error -32602', outcome.seen);
  return `refused as expected: ${outcome.seen}`;
}

/** Prints the table, all columns aligned, and ends. */
function finish() {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, ok, seen, ms } of rows) {
    const time = `${ms.toFixed(1)} ms`.padStart(10);
    const shown = ok && seen.length > 90 ? `${seen.slice(0, 89)}…` : seen;
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(width)}  ${time}  ${shown}\n`);
  }
  const bad = rows.filter(({ ok }) => !ok).length;
  const verdict = expected ? `all ${rows.length} steps as expected` : `${bad} of ${rows.length} steps not as expected`;
  process.stdout.write(`${verdict}\n`);
  process.exit(expected ? 0 : 1);
}

setTimeout(() => {
  expected = false;
  rows.push({ name: 'time', ok: false, seen: `expected the end within ${LIMIT_MS} ms`, ms: LIMIT_MS });
  finish();
}, LIMIT_MS);

const { client, connect } = open(bearer(token));
let tools = [];
const connected = await step('connect', async () => {
  await connect();
  const { name, version } = client.getServerVersion() ?? {};
  return `${name ?? 'a server'} ${version ?? ''}, protocol ${client.getNegotiatedProtocolVersion()}`;
});
if (connected) {
  await step('list tools', async () => {
    ({ tools } = await client.listTools());
    expect(tools.length > 0, 'tools', 'none');
    return `${tools.length} tools`;
  });
  await calls(client, tools);
}
await step(token === undefined ? 'foreign origin' : 'bad token', refused);
if (connected) await step('unknown tool', () => unknown(client));
await client.close();
finish();
