// The billing system of `cargo xtask demo billing`: an ordinary MCP server that knows nothing of a gateway. It is as careless
// as such systems are: cards stand in its results, errors, notifications, prompts and resources.
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { DESTROYS, READS, cacheHints, message, serveMcp, structured } from '../mcp.mjs';
import { EXAMPLE_CARD, bills, tariffs } from './data.mjs';

const Card = z.object({
  brand: z.enum(['visa', 'mastercard', 'amex']),
  number: z.string().regex(/^\d{13,19}$/),
  expires: z.string().regex(/^\d\d\/\d\d$/),
});
const Bill = z.object({
  id: z.string(),
  invoice: z.string().regex(/^RE-\d{4}-\d{6}$/),
  order: z.string().regex(/^\d{16}$/),
  date: z.iso.date(),
  customer: z.object({
    id: z.string(),
    fullName: z.string().max(60),
    email: z.email(),
    phone: z.string().regex(/^\+[\d ]{8,20}$/),
    address: z.object({ street: z.string(), postcode: z.string(), city: z.string(), country: z.string().length(2) }),
    contract: z.string().regex(/^KV-\d{8}$/),
    iban: z.string().regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/),
  }),
  card: Card,
  lines: z.array(z.object({ text: z.string(), amount: z.string() })),
  net: z.number(),
  tax: z.number(),
  total: z.number(),
  currency: z.literal('EUR'),
  meter: z.object({ reading: z.int(), serial: z.string() }),
  status: z.enum(['paid', 'refunded']),
});
const Row = Bill.pick({ id: true, invoice: true, order: true, date: true, total: true, card: true, status: true });

const row = ({ id, invoice, order, date, total, card, status }) => ({ id, invoice, order, date, total, card, status });

/** A bill; the error of one that does not exist tells more than it should. */
function find(id) {
  const last = bills.get('B-7001');
  if (!bills.has(id)) throw new Error(`no bill ${id}; the last one asked for was ${last.id}, card ${last.card.number}`);
  return bills.get(id);
}

function registerReads(server) {
  server.registerTool('list_bills', {
    description: 'The bills of all customers, oldest first, with the cards that paid them',
    inputSchema: z.object({ status: Bill.shape.status.optional() }),
    outputSchema: z.object({ bills: z.array(Row) }),
    annotations: READS,
  }, ({ status }) => {
    const chosen = [...bills.values()].filter((one) => status === undefined || one.status === status);
    return structured({ bills: chosen.map(row) });
  });
  server.registerTool('get_bill', {
    description: 'One bill, with its customer and the card and account that it is paid by',
    inputSchema: z.object({ bill: z.string().describe('For example B-7001') }),
    outputSchema: Bill,
    annotations: READS,
  }, async ({ bill }, context) => {
    const found = find(bill);
    const progressToken = context.mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1, total: 2, message: `found ${bill}, paid by ${found.card.number}` };
      await context.mcpReq.notify({ method: 'notifications/progress', params });
    }
    return structured(found);
  });
  server.registerTool('list_tariffs', {
    description: 'Tariffs with their numbers of articles; nothing of customers',
    inputSchema: z.object({}),
    outputSchema: z.object({ tariffs: z.array(z.object({ name: z.string(), article: z.string() })) }),
    annotations: READS,
  }, () => structured({ tariffs }));
}

function registerRefund(server) {
  server.registerTool('refund', {
    description: `Pays a bill, or a part of it, back to the card that paid it, for example ${EXAMPLE_CARD}`,
    inputSchema: z.object({ bill: z.string(), card: z.string().max(500), amount: z.number().positive() }),
    outputSchema: z.object({ bill: z.string(), card: Card.shape.number, amount: z.number(), status: Bill.shape.status }),
    annotations: DESTROYS,
  }, ({ bill, card, amount }) => {
    const found = find(bill);
    // A message that its author never meant to be read by strangers.
    if (card !== found.card.number) throw new Error(`${bill} was paid by ${found.card.number}, not by ${card}`);
    if (amount > found.total) throw new Error(`${bill} is about ${found.total}`);
    found.status = 'refunded';
    return structured({ bill, card, amount, status: found.status });
  });
}

function build() {
  const server = new McpServer(
    { name: 'bills', title: 'Telephone bills (demo)', version: '1.0.0' },
    { instructions: 'Bills of an invented operator of telephones.', cacheHints },
  );
  registerReads(server);
  registerRefund(server);
  const list = () => ({ resources: [...bills.keys()].map((id) => ({ uri: `bill://${id}`, name: id })) });
  server.registerResource(
    'bill',
    new ResourceTemplate('bill://{id}', { list }),
    { title: 'Bill', mimeType: 'application/json' },
    (uri, { id }) => {
      const text = JSON.stringify(find(id));
      return { contents: [{ uri: uri.href, mimeType: 'application/json', text }] };
    },
  );
  server.registerPrompt(
    'explain_bill',
    { description: 'Asks for an explanation of a bill', argsSchema: z.object({ bill: z.string() }) },
    ({ bill }) => {
      const { customer, card, invoice, total } = find(bill);
      const about = `${invoice} for ${customer.email}, EUR ${total}, card ${card.number}, account ${customer.iban}`;
      return { messages: [message(`Explain ${about} in plain words.`)] };
    },
  );
  return server;
}

serveMcp(8796, build);
