// What the demo says of the gateway. Each claim is looked at anew with every run; what can be said depends on what the cache is
// set to do.
import { BY_MEANING } from './report.mjs';

/** The least part of what was asked in the same words a while ago that comes out of the cache: not all of it, as instances of a
 * gateway hear of each other's answers a while later. */
const LEAST = 0.9;
/** The same for the outage: a store that is far takes what instances write at the same time as it comes, and one that is near
 * gives up on it after three tries. */
const LEAST_OLD = 0.95;
/** How unlikely it may be that so many errors happen by chance, at the rate that settings allow. */
const CHANCE = 0.001;

const percent = (part) => `${(100 * part).toFixed(1)}%`;
const of = (part, whole) => `${part} of ${whole}`;

/** How likely `wrong` errors or more are in `asked` tries at this rate: the upper tail of the binomial distribution. */
export function tail(wrong, asked, rate) {
  let term = (1 - rate) ** asked;
  let below = 0;
  for (let errors = 0; errors < wrong; errors += 1) {
    below += term;
    term *= ((asked - errors) / (errors + 1)) * (rate / (1 - rate));
  }
  return Math.max(0, 1 - below);
}

/** What came from where. */
function sources({ cache, day, fresh, seen }) {
  const { exact, semantic, stale, alike } = day.from;
  if (cache.mode === 'off') {
    return [{
      claim: 'without a cache: the server saw every question that was answered',
      holds: day.withoutBackend === 0 && exact + semantic + stale + alike === 0 && day.answered > 0,
      seen: `${seen.searches} searches`,
    }];
  }
  return [
    {
      claim: `the same words within the life of an answer: at least ${percent(LEAST)} come out of the cache`,
      holds: fresh.asked > 0 && fresh.kept >= LEAST * fresh.asked,
      seen: of(fresh.kept, fresh.asked),
    },
    {
      claim: 'what came out of the cache fresh did not reach the server',
      holds: exact > 0 && seen.cachedButSeen === 0,
      seen: `${of(seen.cachedButSeen, exact + semantic)} did`,
    },
    {
      claim: 'agents: are told of each answer whether it was kept, and how',
      holds: seen.toldWrong === 0,
      seen: `${seen.toldWrong} were told otherwise than the records say`,
    },
  ];
}

/** Right or wrong, by the articles that the wordings belong to. */
function truth({ cache, day, wrongFrom }) {
  const sum = (counts, names) => names.reduce((total, from) => total + counts[from], 0);
  const others = Object.keys(day.from).filter((from) => !BY_MEANING.includes(from));
  const [wrong, served] = [wrongFrom, day.from].map((counts) => sum(counts, BY_MEANING));
  const exactly = {
    claim: 'answers that are not by meaning: none wrong',
    holds: sum(day.from, others) > 0 && sum(wrongFrom, others) === 0,
    seen: of(sum(wrongFrom, others), sum(day.from, others)),
  };
  if (cache.mode !== 'serve') return [exactly];
  const byMeaning = {
    claim: `answers by meaning: no more wrong than ${percent(cache.maxError)} of them, give or take chance`,
    holds: tail(wrong, served, cache.maxError) >= CHANCE,
    seen: served > 0 ? of(wrong, served) : 'none was given: the tool has not earned it',
  };
  return [byMeaning, exactly];
}

/** The server dies, and comes back. */
function outage({ cache, phases, repeats, ticketInOutage, took }) {
  const { asked, answered } = phases.outage;
  const off = cache.mode === 'off';
  return [
    {
      claim: off
        ? 'outage, without a cache: nobody gets an answer'
        : `outage: at least ${percent(LEAST_OLD)} of what was answered before in the same words is answered, and all of it marked as old`,
      holds: repeats.asked > 0 && (off ? answered === 0 : repeats.marked === repeats.answered && repeats.marked >= LEAST_OLD * repeats.asked),
      seen: `${of(repeats.marked, repeats.asked)}; of all questions ${of(answered, asked)}`,
    },
    { claim: 'outage: no ticket is opened, and the agent is told so', holds: ticketInOutage === 'failed', seen: ticketInOutage },
    {
      claim: 'after the outage: everybody gets an answer',
      holds: phases.afternoon.asked > 0 && phases.afternoon.failed === 0,
      seen: `${of(phases.afternoon.answered, phases.afternoon.asked)}, from ${(took.back / 1_000).toFixed(1)} s after the restart`,
    },
  ];
}

function books({ seen, sister, failures, modelMissing, recordsMissing }) {
  const { told, written, once } = seen.tickets;
  return [
    {
      claim: 'another company: is answered by the server, not out of this one’s cache',
      holds: sister.asked > 0 && sister.saw === sister.asked && sister.wrong === 0,
      seen: of(sister.saw, sister.asked),
    },
    { claim: 'tickets: each was written once', holds: told > 0 && once, seen: `${of(written, told)}` },
    { claim: 'model: was there for every question', holds: modelMissing === 0, seen: `${modelMissing} without` },
    {
      claim: 'all: nothing failed outside the outage, and each call has its record',
      holds: failures.length === 0 && recordsMissing === 0,
      seen: failures.map(({ why, times }) => `${times}x ${why}`).join('; ') || `${recordsMissing} records missing`,
    },
  ];
}

/** @returns {{claim: string, holds: boolean, seen: string}[]} */
export function claims(story) {
  return [sources, truth, outage, books].flatMap((look) => look(story));
}
