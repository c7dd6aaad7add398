// The fleet of `cargo xtask demo trading`: all agents at once against a running gateway, then what each got, what the
// ledger saw, and whether the story is true. POSTERN_DEMO is JSON: `endpoint`, `host`, `tokens` by agent, `tenants` (the
// settings of each), `files` (what the ledger has written), `log` (the gateway's), `seconds`, `json`. The status is 0 only if
// every claim holds.
import { setTimeout as sleep } from 'node:timers/promises';
import { lines, records } from '../log.mjs';
import { agents } from './agents.mjs';
import { Caller } from './caller.mjs';
import { claims } from './claims.mjs';
import { print } from './print.mjs';
import { report } from './report.mjs';

/** How much longer than the work all of it may take, before the demo gives up. */
const SPARE_MS = 60_000;

const settings = JSON.parse(process.env.POSTERN_DEMO);
const { endpoint, tokens, seconds } = settings;
const tenant = settings.tenants.desk;

/** Runs one agent from its first call to its last; what it throws is a fault of the demo. */
async function carryOut({ run, plan }, caller) {
  const tasks = plan?.(caller.random, seconds);
  await (tasks ? run(caller, tasks, seconds) : run(caller));
  caller.tasks = tasks?.length;
  caller.endedMs = caller.now();
}

setTimeout(() => {
  process.stderr.write('the agents did not come to an end\n');
  process.exit(1);
}, 2_000 * seconds + SPARE_MS);

const callers = agents.map(({ name }) => new Caller({ name, endpoint, token: tokens[name], start: Date.now() }));
await Promise.all(callers.map((caller) => caller.connect()));
// What the first list took of anybody's pace is there again.
await sleep(300);
const start = Date.now();
for (const caller of callers) caller.start = start;
await Promise.all(agents.map((agent, at) => carryOut(agent, callers[at])));
const left = await Promise.all(callers.map((caller) => caller.left()));
await Promise.all(callers.map((caller) => caller.close()));

const found = await records(
  settings.log,
  callers.flatMap(({ calls }) => calls.map(({ request }) => request)),
);
const seen = (await lines(settings.files.ledger)).map((call) => ({ ...call, beganMs: call.began - start }));
const story = report({ settings, agents, callers, left, records: found, seen, tenant });
story.claims = claims(story, tenant);
story.ok = story.claims.every(({ holds }) => holds);
process.stdout.write(settings.json ? `${JSON.stringify(story)}\n` : print(story));
process.exit(story.ok ? 0 : 1);
