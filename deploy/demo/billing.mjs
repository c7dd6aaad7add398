// A telecom operator's billing, as a demo: customers with addresses, invoices with card
// numbers. All of it is invented; the card numbers are the networks' published test numbers.
import { McpServer, ResourceTemplate, completable } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { DESTROYS, READS, cacheHints, known, message, resource, serveMcp, structured } from './mcp.mjs';

const Customer = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  phone: z.string(),
  address: z.object({ street: z.string(), city: z.string(), postcode: z.string(), country: z.string() }),
  plan: z.enum(['mobile-s', 'mobile-l', 'fibre-500', 'business']),
  since: z.string().describe('Date of the contract, YYYY-MM-DD'),
});
const Invoice = z.object({
  id: z.string(),
  customerId: z.string(),
  date: z.string().describe('YYYY-MM-DD'),
  lines: z.array(z.object({ text: z.string(), amount: z.string() })),
  total: z.string().describe('Decimal, two digits'),
  currency: z.literal('EUR'),
  status: z.enum(['paid', 'open', 'refunded']),
  card: z.object({ brand: z.string(), number: z.string(), expires: z.string() }),
});

const customer = (id, name, email, phone, [street, city, postcode, country], plan, since) => [
  id,
  { id, name, email, phone, address: { street, city, postcode, country }, plan, since },
];

const customers = new Map([
  customer('C-1001', 'Amina Haddad', 'amina.haddad@example.com', '+33 1 99 00 12 34',
    ['14 rue des Lilas', 'Lyon', '69003', 'FR'], 'fibre-500', '2021-03-14'),
  customer('C-1002', 'Jonas Weber', 'jonas.weber@example.org', '+49 30 23125 456',
    ['Lindenstraße 88', 'Berlin', '10969', 'DE'], 'mobile-l', '2019-11-02'),
  customer('C-1003', 'Maria Rossi', 'maria.rossi@example.net', '+39 06 5550 1234',
    ['Via Garibaldi 7', 'Torino', '10122', 'IT'], 'mobile-s', '2023-06-21'),
  customer('C-1004', 'Northwind Logistics Ltd', 'accounts@northwind.example', '+44 20 7946 0018',
    ['3 Canal Wharf', 'Leeds', 'LS11 5PS', 'GB'], 'business', '2018-01-09'),
  customer('C-1005', 'Ewa Nowak', 'ewa.nowak@example.com', '+48 22 555 0143',
    ['ul. Długa 21/4', 'Kraków', '31-147', 'PL'], 'fibre-500', '2022-09-30'),
  customer('C-1006', 'Liam O’Connor', 'liam.oconnor@example.org', '+353 20 915 0182',
    ['9 Harbour Row', 'Cork', 'T12 X0A1', 'IE'], 'mobile-l', '2020-05-17'),
]);

const CARDS = [
  { brand: 'visa', number: '4242424242424242', expires: '11/28' },
  { brand: 'mastercard', number: '5555555555554444', expires: '04/29' },
  { brand: 'amex', number: '378282246310005', expires: '08/27' },
  { brand: 'discover', number: '6011111111111117', expires: '01/30' },
  { brand: 'jcb', number: '3530111333300000', expires: '06/28' },
  { brand: 'visa', number: '4012888888881881', expires: '12/27' },
];
const PLANS = {
  'mobile-s': ['Mobile S', 1190],
  'mobile-l': ['Mobile L', 2990],
  'fibre-500': ['Fibre 500', 4490],
  business: ['Business, 40 lines', 67600],
};
const euros = (cents) => (cents / 100).toFixed(2);

/** Four months of invoices for each customer; the same at every start. */
function makeInvoices() {
  const all = new Map();
  let number = 5001;
  for (const [index, { id: customerId, plan }] of [...customers.values()].entries()) {
    for (const [month, date] of ['2026-08-01', '2026-09-01', '2026-10-01', '2026-11-01'].entries()) {
      const [label, base] = PLANS[plan];
      const roaming = ((index + 1) * (month + 2) * 37) % 900;
      const id = `INV-${number++}`;
      all.set(id, {
        id,
        customerId,
        date,
        lines: [{ text: label, amount: euros(base) }, { text: 'Roaming', amount: euros(roaming) }],
        total: euros(base + roaming),
        currency: 'EUR',
        status: month === 3 ? 'open' : 'paid',
        card: CARDS[index],
      });
    }
  }
  return all;
}
const invoices = makeInvoices();

function registerTools(server) {
  server.registerTool(
    'get_customer',
    {
      description: 'A customer with address and plan',
      inputSchema: z.object({ customerId: z.string().describe('For example C-1001') }),
      outputSchema: Customer,
      annotations: READS,
    },
    ({ customerId }) => structured(known(customers, customerId, 'customer')),
  );
  server.registerTool(
    'list_customers',
    {
      description: 'Numbers and names of the customers, of one plan or of all',
      inputSchema: z.object({ plan: Customer.shape.plan.optional() }),
      outputSchema: z.object({ customers: z.array(z.object({ id: z.string(), name: z.string() })) }),
      annotations: READS,
    },
    ({ plan }) => {
      const chosen = [...customers.values()].filter((one) => plan === undefined || one.plan === plan);
      return structured({ customers: chosen.map(({ id, name }) => ({ id, name })) });
    },
  );
  server.registerTool(
    'list_invoices',
    {
      description: 'The invoices of a customer, newest first',
      inputSchema: z.object({
        customerId: z.string(),
        status: Invoice.shape.status.optional(),
        limit: z.int().min(1).max(50).default(12),
      }),
      outputSchema: z.object({ invoices: z.array(Invoice) }),
      annotations: READS,
    },
    ({ customerId, status, limit }) => {
      known(customers, customerId, 'customer');
      const own = [...invoices.values()].filter(
        (one) => one.customerId === customerId && (status === undefined || one.status === status),
      );
      return structured({ invoices: own.reverse().slice(0, limit) });
    },
  );
  server.registerTool(
    'get_invoice',
    {
      description: 'One invoice with its lines and the card it was paid with',
      inputSchema: z.object({ invoiceId: z.string().describe('For example INV-5001') }),
      outputSchema: Invoice,
      annotations: READS,
    },
    ({ invoiceId }) => structured(known(invoices, invoiceId, 'invoice')),
  );
}

function registerRefund(server) {
  server.registerTool(
    'refund_invoice',
    {
      description: 'Pays an invoice back to its card; this cannot be undone',
      inputSchema: z.object({ invoiceId: z.string(), reason: z.string().min(3).max(200) }),
      outputSchema: z.object({ invoiceId: z.string(), refunded: z.string(), status: Invoice.shape.status }),
      annotations: DESTROYS,
    },
    ({ invoiceId }) => {
      const invoice = known(invoices, invoiceId, 'invoice');
      if (invoice.status === 'open') throw new Error(`${invoiceId} is not paid yet`);
      invoice.status = 'refunded';
      return structured({ invoiceId, refunded: invoice.total, status: invoice.status });
    },
  );
}

function build() {
  const server = new McpServer(
    { name: 'billing', title: 'Telecom billing (demo)', version: '1.0.0' },
    { instructions: 'Customers and invoices of an invented telecom operator.', cacheHints },
  );
  registerTools(server);
  registerRefund(server);
  const ids = (value) => [...invoices.keys()].filter((id) => id.startsWith(value)).slice(0, 100);
  const list = () => ({
    resources: [...invoices.keys()].map((id) => ({ uri: `invoice://${id}`, name: id, mimeType: 'application/json' })),
  });
  server.registerResource(
    'invoice',
    new ResourceTemplate('invoice://{id}', { list, complete: { id: ids } }),
    { title: 'Invoice', description: 'One invoice', mimeType: 'application/json' },
    (uri, { id }) => {
      const text = JSON.stringify(resource(invoices, id, uri));
      return { contents: [{ uri: uri.href, mimeType: 'application/json', text }] };
    },
  );
  server.registerPrompt(
    'explain_invoice',
    {
      description: 'Asks for an explanation of an invoice for its customer',
      argsSchema: z.object({ invoiceId: completable(z.string(), ids) }),
    },
    ({ invoiceId }) => {
      const invoice = known(invoices, invoiceId, 'invoice');
      const { name } = known(customers, invoice.customerId, 'customer');
      const lines = invoice.lines.map(({ text, amount }) => `${text}: EUR ${amount}`).join('; ');
      return { messages: [message(`Explain invoice ${invoiceId} to ${name} in plain words. ${lines}.`)] };
    },
  );
  return server;
}

serveMcp(8791, build);
