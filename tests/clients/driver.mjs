// What the drivers of the official clients share: arguments, answers to a server that asks
// back, and one line of JSON on standard output.
import { parseArgs } from 'node:util';

/** Milliseconds after which a driver gives up, unless it names more: it never hangs a test. */
const LIMIT_MS = 30_000;

/**
 * Reads `--endpoint URL [--token T] [--tool NAME [--args JSON]] [--prompt NAME] [--read URI]
 * [--complete JSON] [--log LEVEL] [--answer]` and a driver's own. `--args` are those of the
 * prompt too; `--complete` has the params of `completion/complete`.
 *
 * @param {Record<string, {type: 'string' | 'boolean', default?: any}>} own
 */
export function options(own = {}) {
  const { values } = parseArgs({
    options: {
      endpoint: { type: 'string' },
      token: { type: 'string' },
      tool: { type: 'string' },
      args: { type: 'string', default: '{}' },
      prompt: { type: 'string' },
      read: { type: 'string' },
      complete: { type: 'string' },
      log: { type: 'string' },
      answer: { type: 'boolean', default: false },
      ...own,
    },
  });
  if (!values.endpoint) throw new Error('--endpoint URL is missing');
  return { ...values, args: JSON.parse(values.args) };
}

/** The headers that carry the token, or none. */
export const bearer = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** `fetch` that notes the HTTP status of each answer in `report.statuses`. */
export const noting = (report) => async (url, init) => {
  const answer = await fetch(url, init);
  report.statuses.push(answer.status);
  return answer;
};

/** The capabilities of a client that answers a server that asks back. */
export const ANSWERING = { sampling: {}, elicitation: {}, roots: {} };

const samples = { string: 'answer', integer: 1, number: 1, boolean: true };

/** Fixed answers, by method: the default of each field of a form, else the first choice. */
export const answers = {
  'elicitation/create': ({ params }) => ({
    action: 'accept',
    content: Object.fromEntries(
      Object.entries(params.requestedSchema?.properties ?? {}).map(([key, field]) => {
        const one = (of) => of.default ?? of.enum?.[0] ?? (of.oneOf ?? of.anyOf)?.[0]?.const ?? samples[of.type];
        return [key, field.type === 'array' ? (field.default ?? [one(field.items)]) : one(field)];
      }),
    ),
  }),
  'sampling/createMessage': () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'sampled' },
  }),
  'roots/list': () => ({ roots: [{ uri: 'file:///workspace', name: 'workspace' }] }),
};

/** What is known of an error, in the members that a test compares. */
function describe(error) {
  const { name, message, code, data } = error;
  const cause = error.cause ? { cause: String(error.cause?.message ?? error.cause) } : {};
  const status = data?.status ?? error.status;
  return { name, message, ...(code === undefined ? {} : { code }), ...(status ? { status } : {}), data, ...cause };
}

/**
 * Runs `session(report)` and prints the report: `{client, era, negotiated, tools, prompts,
 * resources, templates, result, prompt, read, completion, progress, logs, statuses, error}`.
 * Status 0 without an error, else 1. Gives up after `limit` milliseconds.
 */
export async function run(client, era, session, limit = LIMIT_MS) {
  const lists = { tools: [], prompts: [], resources: [], templates: [] };
  const answered = { result: null, prompt: null, read: null, completion: null, progress: [], logs: [], statuses: [] };
  const report = { client, era, negotiated: null, ...lists, ...answered, error: null };
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`no end after ${limit} ms`)), limit).unref());
  try {
    await Promise.race([session(report), late]);
  } catch (error) {
    report.error = describe(error);
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(report.error === null ? 0 : 1);
}

/**
 * Lists all and calls the tool, with a client of either SDK line.
 *
 * @param client a connected client
 * @param call how this line calls a tool: `(params, onprogress) => result`
 */
export async function exercise(client, settings, report, call) {
  const has = client.getServerCapabilities() ?? {};
  report.server = client.getServerVersion();
  if (has.tools) report.tools = await pages((params) => client.listTools(params), 'tools', 'name');
  if (has.prompts) report.prompts = await pages((params) => client.listPrompts(params), 'prompts', 'name');
  if (has.resources) {
    report.resources = await pages((params) => client.listResources(params), 'resources', 'uri');
    const templates = (params) => client.listResourceTemplates(params);
    report.templates = await pages(templates, 'resourceTemplates', 'uriTemplate');
  }
  if (settings.prompt !== undefined) {
    report.prompt = await client.getPrompt({ name: settings.prompt, arguments: settings.args });
  }
  if (settings.read !== undefined) report.read = await client.readResource({ uri: settings.read });
  if (settings.complete !== undefined) {
    report.completion = (await client.complete(JSON.parse(settings.complete))).completion;
  }
  if (settings.tool === undefined) return;
  const params = { name: settings.tool, arguments: settings.args };
  report.result = await call(params, ({ progress }) => void report.progress.push(progress));
}

/** One member of each entry of all pages; a list of more than a hundred pages is a fault. */
async function pages(list, key, member) {
  const all = [];
  let cursor;
  for (let page = 0; page < 100; page += 1) {
    const answer = await list(cursor === undefined ? undefined : { cursor });
    all.push(...answer[key].map((entry) => entry[member]));
    cursor = answer.nextCursor;
    if (cursor === undefined) return all;
  }
  throw new Error(`${key}: more than a hundred pages`);
}
