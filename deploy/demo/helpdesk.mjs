// An IT help desk, as a demo: policies to search, tickets, passwords to reset.
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ADDS, DESTROYS, READS, cacheHints, known, message, resource, serveMcp, structured } from './mcp.mjs';
import { policies } from './policies.mjs';

const Ticket = z.object({
  id: z.string(),
  subject: z.string(),
  description: z.string(),
  requester: z.string().describe('Address of the employee'),
  priority: z.enum(['low', 'normal', 'high']),
  status: z.enum(['open', 'waiting', 'solved']),
});

const names = ['ines.duarte', 'tom.baker', 'sara.lind', 'omar.farouk', 'yuki.tanaka'];
const people = new Set(names.map((name) => `${name}@corp.example`));
const tickets = new Map();
const TICKETS_KEPT = 10_000;

function open(requester, subject, description, priority, status = 'open') {
  const id = `T-${2001 + tickets.size}`;
  const ticket = { id, subject, description, requester, priority, status };
  tickets.set(id, ticket);
  return ticket;
}
open('ines.duarte@corp.example', 'VPN drops every hour', 'The client says "session expired" at minute 60.', 'high');
open('tom.baker@corp.example', 'New laptop', 'Mine is four years old, its battery lasts an hour.', 'low', 'waiting');
open('sara.lind@corp.example', 'Cannot print', 'Printer 3F-02 shows "paper jam" but there is no paper in it.', 'normal');
open('omar.farouk@corp.example', 'Locked account', 'Too many attempts after the holidays.', 'high', 'solved');

/** Words of at least three letters, in lower case and without the s of the plural. */
const words = (text) =>
  (text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).map((word) => word.replace(/(?<!s)s$/u, ''));
const index = policies.map((policy) => ({
  policy,
  title: new Set(words(policy.title)),
  body: new Set(words(policy.text)),
}));

/** The policies that share words with the query; a word of the title counts three times. */
function search(query, limit) {
  const asked = [...new Set(words(query))];
  return index
    .map(({ policy, title, body }) => ({
      policy,
      score: asked.reduce((sum, word) => sum + (title.has(word) ? 3 : 0) + (body.has(word) ? 1 : 0), 0),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.policy.id < b.policy.id ? -1 : 1))
    .slice(0, limit)
    .map(({ policy, score }) => ({ ...policy, score }));
}

function registerTools(server) {
  server.registerTool(
    'search_policies',
    {
      description: 'Finds the IT policies that answer a question, best first',
      inputSchema: z.object({ query: z.string().min(2).max(300), limit: z.int().min(1).max(10).default(3) }),
      outputSchema: z.object({
        policies: z.array(z.object({ id: z.string(), title: z.string(), text: z.string(), score: z.int() })),
      }),
      annotations: READS,
    },
    ({ query, limit }) => structured({ policies: search(query, limit) }),
  );
  server.registerTool(
    'list_tickets',
    {
      description: 'Tickets, newest first',
      inputSchema: z.object({ status: Ticket.shape.status.optional(), limit: z.int().min(1).max(50).default(20) }),
      outputSchema: z.object({ tickets: z.array(Ticket) }),
      annotations: READS,
    },
    ({ status, limit }) => {
      const chosen = [...tickets.values()].filter((one) => status === undefined || one.status === status);
      return structured({ tickets: chosen.reverse().slice(0, limit) });
    },
  );
  server.registerTool(
    'get_ticket',
    {
      description: 'One ticket',
      inputSchema: z.object({ ticketId: z.string().describe('For example T-2001') }),
      outputSchema: Ticket,
      annotations: READS,
    },
    ({ ticketId }) => structured(known(tickets, ticketId, 'ticket')),
  );
  server.registerTool(
    'create_ticket',
    {
      description: 'Opens a ticket',
      inputSchema: z.object({
        requester: z.email(),
        subject: z.string().min(3).max(120),
        description: z.string().max(4_000),
        priority: Ticket.shape.priority.default('normal'),
      }),
      outputSchema: Ticket,
      annotations: ADDS,
    },
    ({ requester, subject, description, priority }) => {
      if (tickets.size >= TICKETS_KEPT) throw new Error('too many tickets: start the demo again');
      return structured(open(requester, subject, description, priority));
    },
  );
  server.registerTool(
    'reset_password',
    {
      description: 'Ends all sessions of an employee and mails a link for a new password',
      inputSchema: z.object({ email: z.email() }),
      outputSchema: z.object({ email: z.string(), sent: z.boolean(), linkExpiresMinutes: z.int() }),
      annotations: DESTROYS,
    },
    ({ email }) => {
      if (!people.has(email)) throw new Error(`no employee has the address ${email}`);
      return structured({ email, sent: true, linkExpiresMinutes: 30 });
    },
  );
}

function build() {
  const server = new McpServer(
    { name: 'helpdesk', title: 'IT help desk (demo)', version: '1.0.0' },
    { instructions: 'Search the policies before you open a ticket.', cacheHints },
  );
  registerTools(server);
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const mimeType = 'text/markdown';
  const list = () => ({
    resources: policies.map(({ id, title }) => ({ uri: `policy://${id}`, name: title, mimeType })),
  });
  const complete = { id: (value) => [...byId.keys()].filter((id) => id.startsWith(value)) };
  server.registerResource(
    'policy',
    new ResourceTemplate('policy://{id}', { list, complete }),
    { title: 'Policy', description: 'One IT policy', mimeType },
    (uri, { id }) => {
      const { title, text } = resource(byId, id, uri);
      return { contents: [{ uri: uri.href, mimeType, text: `# ${title}\n\n${text}\n` }] };
    },
  );
  server.registerPrompt(
    'draft_reply',
    {
      description: 'Asks for a reply to a ticket that keeps to the policies',
      argsSchema: z.object({ ticketId: z.string(), tone: z.string().optional() }),
    },
    ({ ticketId, tone = 'friendly' }) => {
      const { subject, description } = known(tickets, ticketId, 'ticket');
      const rules = search(`${subject} ${description}`, 2).map(({ title, text }) => `${title}: ${text}`).join('\n');
      return { messages: [message(`Draft a ${tone} reply to "${subject}": ${description}\n\nPolicies:\n${rules}`)] };
    },
  );
  return server;
}

serveMcp(8792, build);
