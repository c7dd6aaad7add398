// The fleet of `cargo xtask demo trading`: all agents at once against a running gateway, then what each got, what the
// ledger saw, and whether the story is true. POSTERN_FLEET is JSON: `endpoint`, `host`, `tokens` by agent, `tenant` (the
// settings of the desk), `seen` (the ledger's file), `log` (the gateway's), `seconds`, `json`. The status is 0 only if
// every claim holds.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { agents } from './agents.mjs';
import { Caller } from './caller.mjs';
import { claims } from './claims.mjs';
import { print } from './print.mjs';
import { report } from './report.mjs';

/** How long records of calls that have ended may take to reach the log. */
const RECORDS_MS = 3_000;
/** How much longer than the work all of it may take, before the demo gives up. */
const SPARE_MS = 60_000;

const settings = JSON.parse(process.env.POSTERN_FLEET);
const { endpoint, tokens, tenant, seconds } = settings;

/** The JSON lines of a file. */
async function lines(file) {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      // The last line may be written right now.
      return [];
    }
  });
}

/** The gateway's records by request, once they are there. */
async function records(calls) {
  for (const start = Date.now(); ; ) {
    const found = new Map((await lines(settings.log)).map((record) => [record.request, record]));
    if (calls.every(({ request }) => found.has(request)) || Date.now() - start > RECORDS_MS) return found;
    await sleep(100);
  }
}

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

const found = await records(callers.flatMap(({ calls }) => calls));
const seen = (await lines(settings.seen)).map((call) => ({ ...call, beganMs: call.began - start }));
const story = report({ settings, agents, callers, left, records: found, seen, tenant });
story.claims = claims(story, tenant);
story.ok = story.claims.every(({ holds }) => holds);
process.stdout.write(settings.json ? `${JSON.stringify(story)}\n` : print(story));
process.exit(story.ok ? 0 : 1);
