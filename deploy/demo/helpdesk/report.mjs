// What happened, as data: from the employees' calls, the gateway's records and what the server saw.
import { isDeepStrictEqual as same } from 'node:util';
import { articles, folded, plain } from './knowledge.mjs';

export const PHASES = ['morning', 'outage', 'afternoon'];
/** Where an answer can come from: what is `alike` is stale, and was found by its meaning. */
export const SOURCES = ['exact', 'semantic', 'stale', 'alike', 'backend'];
/** Those that go by meaning. */
export const BY_MEANING = ['semantic', 'alike'];
/** How long after an answer the gateway may still be busy to keep it where all of its instances find it, in ms. */
const KEEPING_MS = 3_000;
/** How many wrong answers are shown. */
const SHOWN = 20;

const results = new Map(articles.map(({ id, title, answer }) => [
  id,
  { found: true, article: { id, title, answer: answer.join('\n\n') } },
]));

/** Where an answer came from, by the gateway's record of the call. */
function source({ cache } = {}) {
  if (cache?.kind === 'stale') return cache.score === undefined ? 'stale' : 'alike';
  return SOURCES.includes(cache?.kind) ? cache.kind : 'backend';
}

/** What the agent has to be told of an answer from there. */
const tellable = { exact: 'exact', semantic: 'semantic', stale: 'stale', alike: 'stale' };

/** What the server has to answer to a question. */
const truth = (call) => results.get(call.truth) ?? { found: false };

const share = (part, whole) => (whole === 0 ? 0 : part / whole);

/** The value below which `part` of `times` lie. */
function quantile(times, part) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

function latency(calls) {
  const times = calls.map(({ ms }) => ms);
  return { calls: times.length, p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

/** The searches of one part of the day. */
function part(searches) {
  const answered = searches.filter(({ outcome }) => outcome === 'answered');
  const without = answered.filter(({ saw }) => !saw);
  const from = Object.fromEntries(SOURCES.map((name) => [name, answered.filter((call) => call.source === name)]));
  return {
    asked: searches.length,
    answered: answered.length,
    failed: searches.length - answered.length,
    withoutBackend: without.length,
    share: share(without.length, searches.length),
    from: Object.fromEntries(SOURCES.map((name) => [name, from[name].length])),
    wrong: answered.filter(({ wrong }) => wrong).length,
    latency: { all: latency(answered), ...Object.fromEntries(SOURCES.map((name) => [name, latency(from[name])])) },
  };
}

/** How many searches of the outage had been answered in the morning to the letter, how many were again, and marked as old. */
function repeats(searches) {
  const morning = searches.filter(({ phase, outcome }) => phase === 'morning' && outcome === 'answered');
  const before = new Set(morning.map(({ question }) => question));
  const again = searches.filter(({ phase, question }) => phase === 'outage' && before.has(question));
  const answered = again.filter(({ outcome }) => outcome === 'answered');
  return {
    asked: again.length,
    answered: answered.length,
    marked: answered.filter(({ told }) => told === 'stale').length,
  };
}

/** Of what the server had answered in the same words, for so short a time that it is fresh: how much was asked, and came out of the cache. */
function fresh(searches, ttlMs) {
  const sorted = searches.filter(({ phase }) => phase !== 'outage').toSorted((a, b) => a.began - b.began);
  const filled = new Map();
  const due = [];
  for (const call of sorted) {
    const key = folded(call.question);
    const end = call.began + call.ms;
    const of = (filled.get(key) ?? []).filter(({ began }) => began + ttlMs > end);
    if (of.some((before) => before.began + before.ms + KEEPING_MS < call.began)) due.push(call);
    if (call.source === 'backend' && call.outcome === 'answered') of.push(call);
    filled.set(key, of);
  }
  return { asked: due.length, kept: due.filter(({ source: by }) => by !== 'backend').length };
}

/** An answer that was wrong, for a person to look at. */
const shown = ({ question, truth: wanted = 'none', value, source: by }) => ({
  question,
  wanted,
  got: value.article?.id ?? 'none',
  by,
});

/** Whether the server's own list agrees with what agents and records say. */
function books(calls, seen) {
  const ids = new Set(seen.map(({ call }) => call));
  const probes = new Set(calls.filter(({ phase }) => phase === 'probe').map(({ id }) => id));
  const tickets = calls.filter(({ id, tool, outcome }) => tool === 'create_ticket' && outcome === 'answered' && !probes.has(id));
  const written = seen.filter(({ call, tool }) => tool === 'create_ticket' && !probes.has(call)).map(({ call }) => call).sort();
  // What is stale may be fetched anew behind the agent's back, in the name of its call.
  const answered = calls.filter(({ outcome }) => outcome === 'answered');
  const cached = answered.filter(({ source: by }) => ['exact', 'semantic'].includes(by));
  return {
    tickets: { told: tickets.length, written: written.length, once: same(tickets.map(({ id }) => id).sort(), written) },
    cachedButSeen: cached.filter(({ id }) => ids.has(id)).length,
    toldWrong: answered.filter(({ source: by, told }) => told !== tellable[by]).length,
  };
}

/** Everything. */
export function report({ settings, calls, records, seen, took, ticket, cache }) {
  const ids = new Set(seen.filter(({ tool }) => tool === 'search_articles').map(({ call }) => call));
  for (const call of calls) {
    call.source = source(records.get(call.request));
    call.saw = ids.has(call.id);
    call.wrong = call.tool === 'search_articles' && call.outcome === 'answered' && !same(call.value, truth(call));
  }
  const tenant = settings.tenants.brightwater;
  const searches = calls.filter(({ tool, phase }) => tool === 'search_articles' && PHASES.includes(phase));
  const wrong = searches.filter((call) => call.wrong);
  const sister = calls.filter(({ phase }) => phase === 'sister');
  const failures = Map.groupBy(
    calls.filter(({ outcome, phase }) => outcome === 'failed' && phase !== 'outage' && phase !== 'probe'),
    ({ code, message }) => `${code ?? ''} ${message}`.trim(),
  );
  return {
    host: settings.host,
    release: settings.release,
    employees: settings.employees,
    cache: { mode: cache?.mode ?? 'off', model: tenant.cache?.model, maxError: cache?.max_error ?? tenant.cache?.max_error ?? 0 },
    took,
    phases: Object.fromEntries(PHASES.map((name) => [name, part(searches.filter(({ phase }) => phase === name))])),
    day: part(searches),
    touched: part(searches.filter(({ touched }) => touched)),
    // Greetings, names, capitals and blanks aside.
    again: searches.length - new Set(searches.map(({ question }) => plain(question))).size,
    wrongFrom: Object.fromEntries(SOURCES.map((name) => [name, wrong.filter((call) => call.source === name).length])),
    wrongs: wrong.slice(0, SHOWN).map(shown),
    repeats: repeats(searches),
    fresh: fresh(searches, 1_000 * (cache?.ttl_s ?? 0)),
    seen: { searches: searches.filter(({ saw }) => saw).length, ...books(calls, seen) },
    sister: {
      asked: sister.length,
      saw: sister.filter(({ saw }) => saw).length,
      wrong: sister.filter(({ wrong }) => wrong).length,
    },
    ticketInOutage: ticket.outcome,
    failures: [...failures].map(([why, of]) => ({ why, times: of.length })),
    // Without its model the cache goes on with what is equal, and says so.
    modelMissing: calls.filter(({ request }) => records.get(request)?.cache_model !== undefined).length,
    recordsMissing: calls.filter(({ request }) => !records.has(request)).length,
  };
}
