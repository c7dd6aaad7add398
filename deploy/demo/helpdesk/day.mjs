// A day of `cargo xtask demo helpdesk`: employees ask through the gateway, the server behind it dies and comes back, and then it
// is looked at what they got, what the server saw, and what of it was wrong. POSTERN_DEMO is JSON: `endpoint`, `host`, `tokens`
// by agent, `tenants` (the settings of each), `files` (what the server has written), `log` (the gateway's), `employees`,
// `release` (whether the gateway is no development build), `json`. The status is 0 only if every claim holds.
import { setTimeout as sleep } from 'node:timers/promises';
import { records } from '../log.mjs';
import { Backend } from './backend.mjs';
import { Caller } from './caller.mjs';
import { claims } from './claims.mjs';
import { articles, folded, unanswered } from './knowledge.mjs';
import { employees } from './people.mjs';
import { print } from './print.mjs';
import { report } from './report.mjs';

/** How long the whole day may take, by employee, and on top of that. */
const LIMIT_MS = 200;
const SPARE_MS = 180_000;
/** How many employees ask at the same time. */
const PLACES = 24;
/** The parts of the employees who come before the outage, and before its end. */
const MORNING = 0.6;
const OUTAGE = 0.75;
/** How many questions of the morning another company asks. */
const SISTER = 20;
/** How long the gateway may take to notice that the server is back, and for how many rounds all have to be answered then. */
const BACK_MS = 30_000;
const CLEAN = 3;
/** A ticket of nobody. */
const NOBODY = { title: 'Are you there?', body: 'Asked by nobody.' };

const settings = JSON.parse(process.env.POSTERN_DEMO);
const { endpoint, tokens, tenants } = settings;
const AGENTS = Object.keys(tenants.brightwater.agents);
const { itsm } = tenants.brightwater.upstreams;
const tool = tenants.brightwater.tools?.itsm__search_articles;

const open = (tenant, agent) => new Caller({ tenant, agent, endpoint, token: tokens[agent] });

/** One employee asks what they came for, and opens a ticket for what no article answers. */
async function serve(caller, { name, number, questions }, phase) {
  for (const { text, truth, touched } of questions) {
    const made = await caller.search(text, { phase, employee: number, question: text, truth, touched });
    if (made.outcome === 'answered' && !made.value.found) {
      await caller.call('create_ticket', { title: text.trim().slice(0, 200), body: `Asked by ${name}.` }, { phase });
    }
  }
}

/** All `people`, each at the first place that is free. */
async function hours(callers, people, phase) {
  const queue = people[Symbol.iterator]();
  const start = Date.now();
  // The places share one iterator, so that each employee is served once.
  await Promise.all(callers.map(async (caller) => {
    for (const employee of queue) await serve(caller, employee, phase);
  }));
  return Date.now() - start;
}

/** What employees have asked most, most often first; in the same words, so that a cache has to tell nobody's from another's. */
function asked(people) {
  const counts = Map.groupBy(people.flatMap(({ questions }) => questions), ({ text }) => folded(text));
  const found = [...counts].map(([, of]) => ({ ...of[0], times: of.length }));
  return found.sort((a, b) => b.times - a.times || (a.text < b.text ? -1 : 1));
}

/** Opens tickets, which no cache answers, until every place got all of its own; each instance of a gateway has its own breaker. */
async function back(callers, openS) {
  const start = Date.now();
  await sleep(1_000 * openS);
  for (let rounds = 0; rounds < CLEAN; await sleep(100)) {
    if (Date.now() - start > BACK_MS) throw new Error('the gateway did not notice that the server is back');
    const made = await Promise.all(callers.map((caller) => caller.call('create_ticket', NOBODY, { phase: 'probe' })));
    rounds = made.every(({ outcome }) => outcome === 'answered') ? rounds + 1 : 0;
  }
  return Date.now() - start;
}

setTimeout(() => {
  process.stderr.write('the day did not come to an end\n');
  process.exit(1);
}, SPARE_MS + LIMIT_MS * settings.employees).unref();

const people = employees(settings.employees, { articles, unanswered });
const [noon, evening] = [MORNING, OUTAGE].map((part) => Math.round(part * people.length));
const callers = Array.from({ length: PLACES }, (_, at) => open('brightwater', AGENTS[at % AGENTS.length]));
const sister = open('sister', 'chat');
const all = [...callers, sister];
await Promise.all(all.map((caller) => caller.connect()));
const backend = new Backend({ url: itsm.url, file: settings.files.itsm });

const took = { morning: await hours(callers, people.slice(0, noon), 'morning') };
for (const { text, truth } of asked(people.slice(0, noon)).slice(0, SISTER)) {
  await sister.search(text, { phase: 'sister', question: text, truth });
}
// From here on nothing in the cache is fresh.
await sleep(1_000 * (tool?.cache?.ttl_s ?? 0));
await backend.kill();
took.outage = await hours(callers, people.slice(noon, evening), 'outage');
const ticket = await callers[0].call('create_ticket', NOBODY, { phase: 'outage' });
await backend.restart();
took.back = await back(callers, itsm.breaker.open_s);
took.afternoon = await hours(callers, people.slice(evening), 'afternoon');
await Promise.all(all.map((caller) => caller.close()));

const calls = all.flatMap((caller) => caller.calls);
const found = await records(settings.log, calls.map(({ request }) => request));
const story = report({ settings, calls, records: found, seen: await backend.seen(), took, ticket, cache: tool?.cache });
story.claims = claims(story);
story.ok = story.claims.every(({ holds }) => holds);
process.stdout.write(settings.json ? `${JSON.stringify(story)}\n` : print(story));
process.exit(story.ok ? 0 : 1);
