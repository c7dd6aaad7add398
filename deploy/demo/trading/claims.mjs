// What the demo says of the gateway. Each claim is looked at anew with every run.

const money = (amount) => `$${amount.toFixed(3)}`;
const list = (agents) => agents.map(({ name }) => name).join(', ');

/** The ledger was never asked more than its limits say. */
function ledgerClaims({ ledger }) {
  const { calls, mostInASecond, mostAtOnce, strangers, missing, beyondPace, limits } = ledger;
  const { pace, places } = limits;
  const beyond = beyondPace && `, and ${beyondPace.count} calls where ${beyondPace.room} had room`;
  return [
    {
      claim: `ledger: never more than ${pace.limit} calls a second, and ${pace.burst} on top at once`,
      holds: calls > 0 && !beyondPace,
      seen: `${mostInASecond} in its busiest second${beyond ?? ''}`,
    },
    {
      claim: `ledger: never more than ${places.limit} calls at the same time`,
      holds: mostAtOnce <= places.limit,
      seen: `${mostAtOnce}`,
    },
    {
      claim: 'ledger: nothing that was refused or stopped got there, and all else did',
      holds: strangers === 0 && missing === 0,
      seen: `${calls} calls, ${strangers} unknown, ${missing} missing`,
    },
  ];
}

/** Agents that are stuck were stopped before the sixth call of their pattern, and for good. */
function loopClaim({ name, loop }, rule, same) {
  const holds =
    loop?.rule === rule && loop.carriedOut <= same && loop.atCall <= same + 1 && loop.carriedOutAfter === 0;
  const seen = loop ? `${loop.carriedOut} carried out, ${loop.carriedOutAfter} after the stop` : 'never stopped';
  return { claim: `${name}: stopped at call ${same + 1} of its loop, for good`, holds, seen };
}

/** Agents that keep to their limits got all of their work done, or all that their quota allows. */
function steadyClaims(agents, quota) {
  const steady = agents.filter(({ role }) => role === 'steady');
  const wanted = ({ name, tasks }) => (name === 'trainee' ? Math.min(tasks, quota) : tasks);
  const short = steady.filter((agent) => agent.carriedOut !== wanted(agent));
  const stopped = agents.filter(({ role, stopped: times }) => times > 0 && ['steady', 'spender'].includes(role));
  const got = steady.reduce((sum, { carriedOut }) => sum + carriedOut, 0);
  return [
    {
      claim: `${list(steady)}: got all that they asked for within their limits`,
      holds: short.length === 0,
      seen: short.map((agent) => `${agent.name} ${agent.carriedOut} of ${wanted(agent)}`).join(', ') || `${got} calls`,
    },
    { claim: 'nobody else: taken for stuck', holds: stopped.length === 0, seen: list(stopped) || 'nobody' },
  ];
}

/** Nobody spent more than the budget, and calls that were not carried out cost nothing. */
function moneyClaims(agents, tenant) {
  const budget = Number(tenant.limits.find(({ name }) => name === 'budget').limit);
  const spender = agents.find(({ role }) => role === 'spender');
  const runaway = agents.find(({ role }) => role === 'runaway');
  const price = tenant.prices.ledger__reconcile.call * runaway.carriedOut;
  return [
    {
      claim: `${spender.name}: refused by its budget of ${money(budget)}, which nobody passed`,
      holds: spender.refused.some(({ rule }) => rule === 'budget') && agents.every(({ spent }) => spent <= budget),
      seen: money(spender.spent),
    },
    {
      claim: `${runaway.name}: paid for what was carried out, and for nothing else`,
      holds: Math.abs(runaway.spent - price) < 1e-6,
      seen: `${money(runaway.spent)} for ${runaway.carriedOut} calls`,
    },
  ];
}

/** @returns {{claim: string, holds: boolean, seen: string}[]} */
export function claims(story, tenant) {
  const { agents } = story;
  const same = tenant.loop.same ?? 5;
  const quota = tenant.limits.find(({ name }) => name === 'trainee-day').limit;
  const failed = agents.flatMap(({ name, failed: of }) => of.map(({ tool, message }) => `${name} ${tool}: ${message}`));
  const of = (role) => agents.find((agent) => agent.role === role);
  return [
    ...ledgerClaims(story),
    loopClaim(of('runaway'), 'same', same),
    loopClaim(of('drifter'), 'empty', same),
    ...steadyClaims(agents, quota),
    ...moneyClaims(agents, tenant),
    {
      claim: 'all: nothing failed, and each call has its record',
      holds: failed.length === 0 && story.recordsMissing === 0,
      seen: failed.join('; ') || `${story.recordsMissing} records missing`,
    },
  ];
}
