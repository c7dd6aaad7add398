// The support desk of `cargo xtask demo billing`: an agent works with bills, customers and mail, others try what they may not,
// and then it is looked at what each of them has received, what the servers got, and what the gateway wrote down.
// POSTERN_DEMO is JSON: `endpoint`, `host`, `tokens` by agent, `files` (the servers' journals), `log` (the gateway's),
// `release` (whether the gateway is no development build), `json`. The status is 0 only if every claim holds.
import { readFile } from 'node:fs/promises';
import { lines, records } from '../log.mjs';
import { Caller } from './caller.mjs';
import { claims } from './claims.mjs';
import { values } from './data.mjs';
import { leaks } from './leaks.mjs';
import { print } from './print.mjs';
import { audit, cost, reads, strangers, support } from './story.mjs';

/** How long all of it may take. */
const LIMIT_MS = 90_000;

const settings = JSON.parse(process.env.POSTERN_DEMO);
const { endpoint, tokens, files } = settings;

/** What a server got: the arguments of its calls, in their order. */
async function got(alias) {
  const messages = (await lines(files[alias])).map(({ body }) => body && JSON.parse(body));
  const calls = messages.filter((message) => message?.method === 'tools/call');
  return calls.map(({ params }) => ({ tool: params.name, ...params.arguments }));
}

/** Records of all calls, by request, and the whole log as text. */
async function written(callers) {
  const requests = callers.flatMap(({ calls }) => calls.map(({ request }) => request));
  const found = await records(settings.log, requests);
  return { records: found, missing: requests.filter((one) => !found.has(one)), log: await readFile(settings.log, 'utf8') };
}

setTimeout(() => {
  process.stderr.write('the desk did not come to an end\n');
  process.exit(1);
}, LIMIT_MS);

const who = [['care', 'support'], ['care', 'colleague'], ['care', 'auditor'], ['sister', 'support'], ['plain', 'support']];
const callers = who.map(([tenant, name]) => new Caller({ tenant, name, endpoint, token: tokens[name] }));
const [agent, colleague, auditor, sister, plain] = callers;
await Promise.all(callers.map((caller) => caller.connect()));

const story = { host: settings.host, release: settings.release };
story.read = await reads(agent);
story.plain = await reads(plain);
story.done = await support(agent, story.read);
story.strangers = await strangers({ colleague, sister }, story.read);
story.audit = await audit(auditor);
story.cost = await cost({ agent, plain });
await Promise.all(callers.map((caller) => caller.close()));

const all = values();
const seen = (caller) => leaks(caller.received, all);
story.leaks = { agent: seen(agent), colleague: seen(colleague), sister: seen(sister), auditor: seen(auditor), plain: seen(plain) };
story.bytes = agent.received.reduce((sum, text) => sum + text.length, 0);
story.values = all;
story.got = { billing: await got('billing'), crm: await got('crm'), mail: await got('mail') };
const { records: found, missing, log } = await written(callers);
const calls = callers.reduce((sum, caller) => sum + caller.calls.length, 0);
story.records = { calls, missing: missing.length, of: (call) => found.get(call.request) ?? {} };
story.logBytes = log.length;
story.logged = leaks([log], all);
story.tools = agent.tools;
story.claims = claims(story);
story.ok = story.claims.every(({ holds }) => holds);
const { host, ok, cost: price } = story;
process.stdout.write(settings.json ? `${JSON.stringify({ host, ok, cost: price, claims: story.claims })}\n` : print(story));
process.exit(story.ok ? 0 : 1);
