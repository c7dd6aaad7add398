// The way out to customers, for `cargo xtask demo billing`: takes messages to addresses, and to nothing else.
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ADDS, cacheHints, serveMcp, structured } from '../mcp.mjs';

function build() {
  const server = new McpServer({ name: 'mail', title: 'Mail (demo)', version: '1.0.0' }, { cacheHints });
  server.registerTool('send_message', {
    description: 'Sends a text to an e-mail address',
    inputSchema: z.object({ to: z.string().max(500), text: z.string().max(2_000) }),
    outputSchema: z.object({ queued: z.boolean(), to: z.string() }),
    annotations: ADDS,
  }, ({ to, text }) => {
    if (!z.email().safeParse(to).success) throw new Error(`${to} is no address`);
    return structured({ queued: text.length > 0, to });
  });
  return server;
}

serveMcp(8798, build);
