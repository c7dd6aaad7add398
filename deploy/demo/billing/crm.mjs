// What support knows of customers, for `cargo xtask demo billing`: records with fields, and notes as people write them.
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { READS, cacheHints, known, serveMcp, structured } from '../mcp.mjs';
import { customers, notes, ssn } from './data.mjs';

const Customer = z.object({
  id: z.string(),
  fullName: z.string(),
  email: z.email(),
  phone: z.string(),
  contract: z.string(),
});
const customerId = z.string().describe('For example C-1001');
const digits = (text) => text.replace(/\D/g, '');

function build() {
  const server = new McpServer(
    { name: 'crm', title: 'Customers (demo)', version: '1.0.0' },
    { instructions: 'Customers of an invented operator of telephones, and notes about them.', cacheHints },
  );
  server.registerTool('find_customer', {
    description: 'The customer with an e-mail address or a telephone number, as the caller gave it',
    inputSchema: z.object({ email: z.string().optional(), phone: z.string().optional() }),
    outputSchema: Customer,
    annotations: READS,
  }, ({ email, phone }) => {
    const found = [...customers.values()].find(
      (one) => (email && one.email === email) || (phone && digits(one.phone) === digits(phone)),
    );
    if (!found) throw new Error(`nobody has ${email ?? phone}`);
    const { id, fullName, email: own, phone: number, contract } = found;
    return structured({ id, fullName, email: own, phone: number, contract });
  });
  server.registerTool('get_notes', {
    description: 'What was written down of a customer, with a forwarded message and an attachment',
    inputSchema: z.object({ customerId }),
    annotations: READS,
  }, ({ customerId: id }) => {
    const { prose, encoded, csv } = notes(known(customers, id, 'customer'));
    const blob = Buffer.from(csv).toString('base64');
    return {
      content: [
        { type: 'text', text: prose },
        { type: 'text', text: encoded },
        { type: 'resource', resource: { uri: `crm://${id}/refunds.csv`, mimeType: 'text/csv', blob } },
      ],
    };
  });
  server.registerTool('get_identity', {
    description: 'The number by which the authorities know a customer',
    inputSchema: z.object({ customerId }),
    outputSchema: z.object({ customerId: z.string(), ssn: z.string() }),
    annotations: READS,
  }, ({ customerId: id }) => structured({ customerId: id, ssn: known(ssn, id, 'number of') }));
  return server;
}

serveMcp(8797, build);
