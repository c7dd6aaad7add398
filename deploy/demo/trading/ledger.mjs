// The ledger of an invented trading desk: an old system that takes its time, and must not be asked too often or by too
// many at once. With `--seen FILE` it writes one JSON line for each call, so that everybody can see whether it was.
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ADDS, READS, cacheHints, serveMcp, structured } from '../mcp.mjs';
import { options } from '../serve.mjs';

const DESKS = ['rates', 'equities', 'commodities'];
const SYMBOLS = ['NWLG', 'ACME', 'GLDX', 'BRNT', 'EUR10Y', 'USD2Y'];
/** The member of `_meta` by which a caller names its call. */
const CALL = 'desk.example/call';
/** Trades of each desk at the start. */
const TRADES = 400;
/** Trades kept: a demo that runs for days does not grow. */
const TRADES_KEPT = 20_000;

const desk = z.enum(DESKS);
const Trade = z.object({
  id: z.string(),
  desk,
  symbol: z.enum(SYMBOLS),
  side: z.enum(['buy', 'sell']),
  quantity: z.int().min(1).max(100_000),
  price: z.string().regex(/^\d+\.\d{6}$/),
});
const Order = Trade.omit({ id: true });

const trades = [];
function book(order) {
  const trade = { id: `T${String(7_000_001 + trades.length)}`, ...order };
  trades.push(trade);
  return trade;
}
for (let number = 0; number < TRADES * DESKS.length; number += 1) {
  book({
    desk: DESKS[number % DESKS.length],
    symbol: SYMBOLS[(number * 7) % SYMBOLS.length],
    side: number % 5 < 3 ? 'buy' : 'sell',
    quantity: 100 * ((number % 40) + 1),
    price: (40 + ((number * 37) % 900) / 10).toFixed(6),
  });
}

const MEMOS = [
  ['M-101', 'Settlement of NWLG moves to one day after the trade'],
  ['M-102', 'Limit of the rates desk in EUR10Y raised to two million'],
  ['M-103', 'Broker fees of commodities are booked monthly'],
  ['M-104', 'GLDX deliveries need the second signature of operations'],
  ['M-105', 'Equities closes its books at noon before holidays'],
  ['M-106', 'Short sales of ACME are reported to the exchange'],
  ['M-107', 'BRNT contracts roll on the third Friday'],
  ['M-108', 'Corrections of prices keep the number of the trade'],
].map(([id, text]) => ({ id, text }));
const words = (text) => new Set(text.toLowerCase().match(/[a-z0-9]{4,}/g) ?? []);

const settings = options(8795, { seen: { type: 'string' } });
const { seen } = settings;
if (seen) writeFileSync(seen, '');
/** Calls that are being carried out. */
let open = 0;

/** Registers a tool that takes `ms` milliseconds, and notes each call of it. */
function slow(server, name, ms, config, answer) {
  server.registerTool(name, config, async (args, context) => {
    const began = Date.now();
    open += 1;
    const atOnce = open;
    try {
      await sleep(ms);
      return structured(answer(args));
    } finally {
      open -= 1;
      const line = { call: context.mcpReq._meta?.[CALL], tool: name, began, ended: Date.now(), atOnce };
      if (seen) appendFileSync(seen, `${JSON.stringify(line)}\n`);
    }
  });
}

/** A page of a desk's trades; the cursor is the number of the first one. */
function page({ desk: of, cursor, limit }) {
  const own = trades.filter((trade) => trade.desk === of);
  const start = Number(cursor ?? 0);
  const end = start + limit;
  return { trades: own.slice(start, end), ...(end < own.length && { nextCursor: String(end) }) };
}

/** What a desk holds of each instrument: bought less sold. */
function positions(of) {
  const held = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, 0]));
  for (const { desk: owner, symbol, side, quantity } of trades) {
    if (owner === of) held[symbol] += side === 'buy' ? quantity : -quantity;
  }
  return held;
}

function registerReads(server) {
  slow(server, 'get_positions', 150, {
    description: 'What a desk holds of each instrument',
    inputSchema: z.object({ desk }),
    outputSchema: z.object({ desk, positions: z.record(z.string(), z.int()) }),
    annotations: READS,
  }, ({ desk: of }) => ({ desk: of, positions: positions(of) }));
  slow(server, 'list_trades', 250, {
    description: 'Trades of a desk, oldest first; go on with `nextCursor`',
    inputSchema: z.object({
      desk,
      cursor: z.string().regex(/^\d{1,6}$/).optional(),
      limit: z.int().min(1).max(50).default(25),
    }),
    outputSchema: z.object({ trades: z.array(Trade), nextCursor: z.string().optional() }),
    annotations: READS,
  }, page);
  slow(server, 'search_memos', 150, {
    description: 'Memos of the back office that share a word with the query',
    inputSchema: z.object({ query: z.string().min(2).max(200) }),
    outputSchema: z.object({ memos: z.array(z.object({ id: z.string(), text: z.string() })), total: z.int() }),
    annotations: READS,
  }, ({ query }) => {
    const asked = words(query);
    const memos = MEMOS.filter(({ text }) => !words(text).isDisjointFrom(asked));
    return { memos, total: memos.length };
  });
}

function build() {
  const server = new McpServer(
    { name: 'ledger', title: 'Trading ledger (demo)', version: '1.0.0' },
    { instructions: 'An invented ledger of three desks.', cacheHints },
  );
  registerReads(server);
  slow(server, 'book_trade', 300, {
    description: 'Enters a trade in the ledger of a desk',
    inputSchema: Order,
    outputSchema: Trade,
    annotations: ADDS,
  }, (order) => {
    if (trades.length >= TRADES_KEPT) throw new Error('the ledger is full: start the demo again');
    return book(order);
  });
  slow(server, 'reconcile', 300, {
    description: 'Compares the ledger of a desk with the statement of its custodian for a day',
    inputSchema: z.object({ desk, day: z.iso.date() }),
    outputSchema: z.object({ desk, day: z.string(), breaks: z.array(z.object({ trade: z.string(), why: z.string() })) }),
    annotations: READS,
  }, ({ desk: of, day }) => {
    const [first, , second] = trades.filter((trade) => trade.desk === of);
    const breaks = [first, second].map(({ id }) => ({ trade: id, why: 'the custodian has no such trade' }));
    return { desk: of, day, breaks };
  });
  return server;
}

serveMcp(settings.port, build, settings);
