// Market data and a trading ledger, as a demo. Prices, sizes and numbers of trades are strings:
// they are longer than a double holds, and a gateway must not round them.
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ADDS, READS, cacheHints, known, message, resource, serveMcp, structured } from './mcp.mjs';

const DESKS = ['rates', 'equities', 'commodities'];
const decimal = z.string().regex(/^\d+(\.\d+)?$/).describe('A decimal number as text');
const desk = z.enum(DESKS).meta({ 'x-mcp-header': 'Desk', description: 'The desk that trades' });

/** Price of each instrument at the start of the day, in millionths. */
const instruments = new Map([
  ['NWLG', 41_250_000n],
  ['ACME', 128_400_000n],
  ['GLDX', 2_412_750_000n],
  ['BRNT', 74_115_000n],
  ['EUR10Y', 98_437_500n],
  ['USD2Y', 99_890_625n],
]);

const Quote = z.object({
  symbol: z.string(),
  bid: decimal,
  ask: decimal,
  sequence: z.string().describe('Number of the tick, 23 digits'),
  time: z.string(),
});
const Trade = z.object({
  id: z.string().describe('23 digits'),
  desk: z.enum(DESKS),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  quantity: decimal,
  price: decimal,
  time: z.string(),
});

const BASE = 20_261_123_000_000_000_000_000n;
const OPEN = Date.UTC(2026, 10, 23, 8);

/** `value` millionths as a decimal with six digits. */
const show = (value) => `${value / 1_000_000n}.${String(value % 1_000_000n).padStart(6, '0')}`;

/** The price of `symbol` at tick `step`: a walk that is the same at every start. */
function price(symbol, step) {
  let state = BigInt([...symbol].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2_147_483_647);
  let value = known(instruments, symbol, 'instrument');
  for (let tick = 0; tick < step; tick += 1) {
    state = (state * 48_271n) % 2_147_483_647n;
    value += ((state % 2_001n) - 1_000n) * (value / 10_000_000n + 1n);
  }
  return value;
}

function quote(symbol, step) {
  const middle = price(symbol, step);
  const spread = middle / 20_000n + 1n;
  return {
    symbol,
    bid: show(middle - spread),
    ask: show(middle + spread),
    sequence: String(BASE + BigInt(step)),
    time: new Date(OPEN + step * 1_000).toISOString(),
  };
}

const trades = [];
function book(trade) {
  const number = trades.length;
  const time = new Date(OPEN + number * 60_000).toISOString();
  const booked = { id: String(BASE + 500_000_000_000n + BigInt(number)), ...trade, time };
  trades.push(booked);
  return booked;
}
for (const [index, symbol] of [...instruments.keys(), ...instruments.keys()].entries()) {
  book({
    desk: DESKS[index % DESKS.length],
    symbol,
    side: index % 4 === 3 ? 'sell' : 'buy',
    quantity: String(1_000 * (index + 1)),
    price: show(price(symbol, index * 10)),
  });
}

/** Trades kept: a demo that runs for days does not grow. */
const TRADES_KEPT = 10_000;

function registerTools(server) {
  server.registerTool(
    'get_quote',
    {
      description: 'Bid and ask of an instrument at a tick of the day',
      inputSchema: z.object({ symbol: z.enum([...instruments.keys()]), step: z.int().min(0).max(600).default(0) }),
      outputSchema: Quote,
      annotations: READS,
    },
    ({ symbol, step }) => structured(quote(symbol, step)),
  );
  server.registerTool(
    'list_trades',
    {
      description: 'Trades of a desk, oldest first',
      inputSchema: z.object({ desk, limit: z.int().min(1).max(100).default(20) }),
      outputSchema: z.object({ trades: z.array(Trade) }),
      annotations: READS,
    },
    (args) => structured({ trades: trades.filter((one) => one.desk === args.desk).slice(0, args.limit) }),
  );
  server.registerTool(
    'book_trade',
    {
      description: 'Enters a trade in the ledger of a desk',
      inputSchema: z.object({
        desk,
        symbol: z.enum([...instruments.keys()]),
        side: Trade.shape.side,
        quantity: decimal,
        price: decimal,
      }),
      outputSchema: Trade,
      annotations: ADDS,
    },
    (args) => {
      if (trades.length >= TRADES_KEPT) throw new Error('the ledger is full: start the demo again');
      return structured(book(args));
    },
  );
  server.registerTool(
    'get_position',
    {
      description: 'What a desk holds of an instrument: bought less sold',
      inputSchema: z.object({ desk, symbol: z.enum([...instruments.keys()]) }),
      outputSchema: z.object({ desk: z.string(), symbol: z.string(), quantity: z.string(), trades: z.int() }),
      annotations: READS,
    },
    ({ desk: of, symbol }) => {
      const own = trades.filter((one) => one.desk === of && one.symbol === symbol);
      const millionths = (text) => {
        const [whole, part = ''] = text.split('.');
        return BigInt(whole) * 1_000_000n + BigInt(part.slice(0, 6).padEnd(6, '0'));
      };
      const signed = own.map(({ side, quantity }) => (side === 'buy' ? 1n : -1n) * millionths(quantity));
      const sum = signed.reduce((total, one) => total + one, 0n);
      const quantity = sum < 0n ? `-${show(-sum)}` : show(sum);
      return structured({ desk: of, symbol, quantity, trades: own.length });
    },
  );
  registerReplay(server);
}

function registerReplay(server) {
  server.registerTool(
    'replay_session',
    {
      description: 'Plays ticks of an instrument and reports progress after each',
      inputSchema: z.object({
        symbol: z.enum([...instruments.keys()]),
        ticks: z.int().min(1).max(200).default(10),
        delayMs: z.int().min(0).max(500).default(50),
      }),
      outputSchema: z.object({ symbol: z.string(), ticks: z.int(), first: decimal, last: decimal }),
      annotations: READS,
    },
    async ({ symbol, ticks, delayMs }, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (let tick = 1; tick <= ticks && !context.mcpReq.signal.aborted; tick += 1) {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        if (progressToken === undefined) continue;
        const params = { progressToken, progress: tick, total: ticks, message: quote(symbol, tick).bid };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
      }
      return structured({ symbol, ticks, first: show(price(symbol, 0)), last: show(price(symbol, ticks)) });
    },
  );
}

function build() {
  const server = new McpServer(
    { name: 'market', title: 'Market data and ledger (demo)', version: '1.0.0' },
    { instructions: 'Invented prices and a ledger of trades. Numbers are text: keep every digit.', cacheHints },
  );
  registerTools(server);
  const json = 'application/json';
  const list = () => ({
    resources: DESKS.map((name) => ({ uri: `ledger://${name}`, name: `Ledger of ${name}`, mimeType: json })),
  });
  const complete = { desk: (value) => DESKS.filter((name) => name.startsWith(value)) };
  server.registerResource(
    'ledger',
    new ResourceTemplate('ledger://{desk}', { list, complete }),
    { title: 'Ledger', description: 'The trades of a desk', mimeType: json },
    (uri, variables) => {
      const name = resource(new Map(DESKS.map((one) => [one, one])), variables.desk, uri);
      const text = JSON.stringify(trades.filter((one) => one.desk === name));
      return { contents: [{ uri: uri.href, mimeType: json, text }] };
    },
  );
  server.registerPrompt(
    'morning_note',
    { description: 'Asks for the morning note of a desk', argsSchema: z.object({ desk: z.enum(DESKS) }) },
    (args) => ({ messages: [message(`Write the morning note of the ${args.desk} desk from its ledger.`)] }),
  );
  return server;
}

serveMcp(8793, build);
