// The agents of the desk: what each is for, and what it does. The work is the same at every start; only what a busy
// machine makes of it differs.
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '../trace.mjs';

const DESKS = ['rates', 'equities', 'commodities'];
const SYMBOLS = ['NWLG', 'ACME', 'GLDX', 'BRNT', 'EUR10Y', 'USD2Y'];
/** Questions that the back office's memos answer. */
const QUESTIONS = [
  'When does the settlement of NWLG move?',
  'Who signs deliveries of GLDX?',
  'Are broker fees booked monthly?',
  'What is the limit in EUR10Y?',
  'When does equities close its books?',
  'Which sales are reported to the exchange?',
  'When do BRNT contracts roll?',
  'Which number does a correction keep?',
];
/** One question about something that no memo speaks of, in ever new words. */
const WORDINGS = [
  'unusual activity around quiet names',
  'strange activity around sleepy names',
  'suspicious behaviour around quiet instruments',
  'anything odd about sleepy instruments',
  'odd patterns around dormant names',
  'weird patterns around dormant instruments',
  'hints of manipulation around quiet names',
  'signs of manipulation around sleepy names',
];
/** How often the agent that runs away asks, told to stop or not. */
const RUNAWAY = 30;
/** How long an agent thinks about a result, and about being told that there is none. */
const THINK_MS = 500;
const SHRUG_MS = 100;

/** How much longer than planned work may take where the machine is busy, in seconds. */
const SPARE_S = 15;

const pick = (random, list) => list[Math.floor(random() * list.length)];

/** Works off `tasks`, evenly over the time there is; returns when the last is done or given up. */
async function work(caller, tasks, seconds) {
  const pace = (seconds * 1_000) / tasks.length;
  for (const [number, [tool, args]] of tasks.entries()) {
    await sleep(Math.max(0, number * pace + pace * caller.random() - caller.now()));
    const made = await caller.insist(tool, args, 1_000 * (seconds + SPARE_S));
    // A limit of its own that another day only will lift: there is nothing more to do today.
    if (made.outcome === 'refused') return;
  }
}

/** `count` tasks, each made from its number. */
const tasks = (count, make) => Array.from({ length: Math.ceil(count) }, (_, number) => make(number));

const quote = (random, number) => ['market__get_quote', { symbol: pick(random, SYMBOLS), step: number }];
const memo = (number) => ['ledger__search_memos', { query: QUESTIONS[number % QUESTIONS.length] }];

/** Agents that do their work and wait when they are told to: by name, purpose and tasks for so many seconds. */
const steady = (name, purpose, plan) => ({ name, purpose, role: 'steady', plan, run: work });

/** Asks for the same reconciliation again and again; under fresh trace ids once it is told to stop. */
async function runAway(caller) {
  for (let asked = 0; asked < RUNAWAY; asked += 1) {
    const { outcome } = await caller.call('ledger__reconcile', { desk: 'rates', day: '2026-11-20' });
    if (outcome === 'stopped') caller.trace = trace();
    await sleep(outcome === 'done' ? THINK_MS : SHRUG_MS);
  }
}

/** Words the same question anew as long as nothing is found, and gives up when it is told to. */
async function drift(caller) {
  for (const query of WORDINGS) {
    const { outcome } = await caller.insist('ledger__search_memos', { query });
    if (outcome !== 'done') break;
    await sleep(THINK_MS);
  }
  // What it was stopped in does not keep it from other work.
  await caller.insist('market__get_quote', { symbol: 'ACME', step: 0 });
}

/** Reads every trade of every desk, page by page, until its budget ends. */
async function spend(caller) {
  for (const desk of DESKS) {
    for (let cursor; ; ) {
      const made = await caller.insist('ledger__list_trades', { desk, limit: 50, ...(cursor && { cursor }) });
      if (made.outcome !== 'done') return;
      cursor = made.value.nextCursor;
      if (!cursor) break;
      await sleep(THINK_MS / 2);
    }
  }
}

export const agents = [
  steady('research', 'reads quotes and memos', (random, seconds) =>
    tasks(3 * seconds, (number) => (number % 6 === 5 ? memo((number - 5) / 6) : quote(random, number)))),
  steady('execution', 'books trades', (random, seconds) =>
    tasks(2 * seconds, (number) => {
      if (number % 2 === 0) return quote(random, number);
      const [desk, symbol, side] = [pick(random, DESKS), pick(random, SYMBOLS), pick(random, ['buy', 'sell'])];
      const order = { desk, symbol, side, quantity: 100 + number, price: (50 + 50 * random()).toFixed(6) };
      return ['ledger__book_trade', order];
    })),
  steady('risk', 'watches positions', (_, seconds) =>
    tasks(seconds, (number) => ['ledger__get_positions', { desk: DESKS[number % DESKS.length] }])),
  steady('compliance', 'samples trades and memos', (_, seconds) =>
    tasks(seconds, (number) =>
      number % 2 === 0
        ? ['ledger__list_trades', { desk: DESKS[number % 3], cursor: String(3 * number), limit: 3 }]
        : memo((number - 1) / 2))),
  steady('trainee', 'practises, 12 calls a day', (random, seconds) =>
    tasks(Math.max(16, seconds), (number) => quote(random, number))),
  { name: 'reporting', purpose: 'reads all trades there are', role: 'spender', run: spend },
  { name: 'surveillance', purpose: 'rewords a vain search', role: 'drifter', run: drift },
  { name: 'settlement', purpose: 'repeats one reconciliation', role: 'runaway', run: runAway },
];
