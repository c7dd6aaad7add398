// The IT service management of `cargo xtask demo helpdesk`: an ordinary MCP server that takes its time for a search. It knows
// which article answers a question, because the questions are its data. With `--seen FILE` it writes one JSON line when it
// starts, with its process id, and one for each call when the call begins, so that everybody can count what reached it, also
// when it is killed in the middle of its work.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ADDS, READS, cacheHints, serveMcp, structured } from '../mcp.mjs';
import { seeded } from '../seeded.mjs';
import { fail, options } from '../serve.mjs';
import { articleFor } from './knowledge.mjs';

/** Tickets kept: a demo that runs for days does not grow. */
const TICKETS_KEPT = 20_000;

const settings = options(8799, { seen: { type: 'string' }, work: { type: 'string', default: '150-300' } });
const [least, most] = settings.work.split('-').map(Number);
if (!(least >= 0 && most >= least)) fail(`--work ${settings.work}: give milliseconds from least to most, as in 150-300`);

/** Writes down what happens. A server that is started again goes on in the same file. */
function note(line) {
  if (settings.seen) appendFileSync(settings.seen, `${JSON.stringify(line)}\n`);
}
note({ pid: process.pid });

/** What tells calls apart: the trace context. A member of one's own would make each of them a question of its own. */
const callOf = (context) => context.mcpReq._meta?.traceparent;

/** How long the search for an answer takes; the same each time. */
const workMs = (question) => least + Math.floor(seeded(question)() * (most - least + 1));

const Article = z.object({ id: z.string(), title: z.string(), answer: z.string() });
const tickets = [];

function build() {
  const server = new McpServer(
    { name: 'itsm', title: 'IT service management (demo)', version: '1.0.0' },
    { instructions: 'Search the articles before you open a ticket.', cacheHints },
  );
  server.registerTool('search_articles', {
    description: 'The article of the knowledge base that answers a question of an employee best, if any does',
    inputSchema: z.object({ question: z.string().min(2).max(500) }),
    outputSchema: z.object({ found: z.boolean(), article: Article.optional() }),
    annotations: READS,
  }, async ({ question }, context) => {
    note({ call: callOf(context), tool: 'search_articles', began: Date.now() });
    await sleep(workMs(question));
    const article = articleFor(question);
    if (!article) return structured({ found: false });
    const { id, title, answer } = article;
    return structured({ found: true, article: { id, title, answer: answer.join('\n\n') } });
  });
  server.registerTool('create_ticket', {
    description: 'Opens a ticket for what no article answers',
    inputSchema: z.object({ title: z.string().min(3).max(200), body: z.string().max(4_000) }),
    outputSchema: z.object({ id: z.string(), title: z.string() }),
    annotations: ADDS,
  }, ({ title, body }, context) => {
    note({ call: callOf(context), tool: 'create_ticket', began: Date.now() });
    if (tickets.length >= TICKETS_KEPT) throw new Error('too many tickets: start the demo again');
    tickets.push({ title, body });
    return structured({ id: `T-${4_000 + tickets.length}`, title });
  });
  return server;
}

serveMcp(settings.port, build, settings);
