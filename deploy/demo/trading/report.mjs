// What happened, as data: from the agents' calls, the gateway's records and what the ledger saw.

const MICRO = 1_000_000;
/** A call takes the tool's name from this sign on. */
const ALIAS_END = '__';

/** How many of `list` there are of each `key`, with the members of the first, in the order of their first. */
function grouped(list, key) {
  const groups = new Map();
  for (const item of list) {
    const name = key(item);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups];
}

/** The most of sorted times that lie within `span` milliseconds. */
function most(times, span) {
  let [best, from] = [0, 0];
  for (const [at, time] of times.entries()) {
    while (time - times[from] >= span) from += 1;
    best = Math.max(best, at - from + 1);
  }
  return best;
}

/**
 * How many calls came in the span of time that is furthest beyond a rate, and how many it has room for; nothing when
 * none is. Each was let go at some time between its agent's sending and the ledger's seeing it, so that calls which all
 * lie between the first sending and the last sight were let go within that span.
 */
function beyond(calls, { limit, burst }) {
  let worst;
  for (const [at, { sentMs }] of calls.entries()) {
    let first = sentMs;
    for (let to = at; to < calls.length; to += 1) {
      first = Math.min(first, calls[to].sentMs);
      const room = Math.floor(burst + (limit * (calls[to].beganMs - first + 1)) / 1_000);
      const count = to - at + 1;
      if (count - room > (worst ? worst.count - worst.room : 0)) worst = { count, room };
    }
  }
  return worst;
}

/** Refusals of one agent by rule: how often, and when it was told to come back. */
function refusals(calls) {
  return grouped(calls.filter(({ outcome }) => outcome === 'refused'), ({ rule }) => rule).map(([rule, of]) => {
    const times = of.map(({ retryMs }) => retryMs).filter((ms) => ms !== undefined);
    const range = times.length > 0 ? { retryMs: [Math.min(...times), Math.max(...times)] } : {};
    return { rule, kind: of[0].kind, times: of.length, ...range };
  });
}

/** The agent's loop: which call of its pattern was stopped first, after how long, and what its model was told. */
function loop(calls) {
  const first = calls.find(({ outcome }) => outcome === 'stopped');
  if (!first) return undefined;
  // Refusals by a limit are no part of the pattern: nothing was carried out, and nothing was seen.
  const pattern = calls.filter(({ tool, outcome }) => tool === first.tool && outcome !== 'refused');
  const done = calls.filter(({ tool, outcome }) => tool === first.tool && outcome === 'done');
  const after = calls.slice(calls.indexOf(first) + 1).filter(({ tool }) => tool === first.tool);
  return {
    rule: first.loop,
    tool: first.tool,
    atCall: pattern.indexOf(first) + 1,
    afterMs: first.endedMs - pattern[0].sentMs,
    carriedOut: done.length,
    stopped: calls.filter(({ outcome }) => outcome === 'stopped').length,
    traces: new Set(after.map(({ trace }) => trace)).size,
    refused: after.filter(({ rule }) => rule === 'loop').length,
    carriedOutAfter: after.filter(({ outcome }) => outcome === 'done').length,
    told: first.message,
  };
}

/** One agent: what it asked and what it got. */
function agentReport({ name, purpose, role }, caller, left, budget) {
  const { calls } = caller;
  const count = (wanted) => calls.filter(({ outcome }) => outcome === wanted).length;
  return {
    name,
    purpose,
    role,
    ...(caller.tasks && { tasks: caller.tasks }),
    asked: calls.length,
    carriedOut: count('done'),
    refused: refusals(calls),
    stopped: count('stopped'),
    failed: calls.filter(({ outcome }) => outcome === 'failed').map(({ tool, message }) => ({ tool, message })),
    spent: (budget - left) / MICRO,
    endedMs: caller.endedMs,
    loop: loop(calls),
  };
}

/** What the ledger saw. */
function ledgerReport(seen, calls, pace) {
  const sent = new Map(calls.map(({ id, sentMs }) => [id, sentMs]));
  const sorted = seen
    .map(({ call, beganMs }) => ({ beganMs, sentMs: sent.get(call) ?? beganMs }))
    .sort((a, b) => a.beganMs - b.beganMs);
  return {
    calls: seen.length,
    mostInASecond: most(sorted.map(({ beganMs }) => beganMs), 1_000),
    beyondPace: beyond(sorted, pace),
    mostAtOnce: Math.max(0, ...seen.map(({ atOnce }) => atOnce)),
    tools: Object.fromEntries(grouped(seen, ({ tool }) => tool).map(([tool, of]) => [tool, of.length])),
  };
}

/** Calls that a rule counts, and how many of them were paid of a block that was borrowed: so little is left of no month. */
function leaseReport(rule, records) {
  const left = [...records.values()].flatMap(({ quota = '' }) => quota.split(' '))
    .filter((standing) => standing.startsWith(`${rule.name}:`))
    .map((standing) => parseInt(standing.slice(rule.name.length + 1), 10));
  return { rule: rule.name, calls: left.length, ofBlocks: left.filter((count) => count < rule.limit / 10).length };
}

/** Everything. */
export function report({ settings, agents, callers, left, records, seen, tenant }) {
  const limits = Object.fromEntries(tenant.limits.map((limit) => [limit.name, limit]));
  const budget = Number(limits.budget.limit) * MICRO;
  for (const call of callers.flatMap(({ calls }) => calls)) {
    // Agents are not told the names of rules that they share; the record has them.
    const record = records.get(call.request) ?? {};
    call.loop = record.loop;
    if (call.outcome === 'refused') call.rule = record.limit ?? (record.loop ? 'loop' : (record.reason ?? call.rule));
  }
  const all = callers.flatMap(({ calls }) => calls);
  const done = all.filter(({ tool, outcome }) => outcome === 'done' && tool.startsWith(`ledger${ALIAS_END}`));
  const known = new Set(seen.map(({ call }) => call));
  return {
    host: settings.host,
    seconds: settings.seconds,
    agents: agents.map((agent, at) => agentReport(agent, callers[at], left[at], budget)),
    ledger: {
      ...ledgerReport(seen, all, limits['ledger-pace']),
      limits: { pace: limits['ledger-pace'], places: limits['ledger-places'] },
      // Both ways: nothing that was stopped got there, and nothing that was carried out is missing.
      strangers: seen.length - done.filter(({ id }) => known.has(id)).length,
      missing: done.filter(({ id }) => !known.has(id)).length,
    },
    lease: leaseReport(limits['market-data'], records),
    recordsMissing: all.filter(({ request }) => !records.has(request)).length,
  };
}
