// How the demo servers are served: both eras on one path, the new one and, without sessions,
// the old one, as the official package does it.
import { ResourceNotFoundError, createMcpHandler } from '@modelcontextprotocol/server';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { options, serve } from './serve.mjs';

/** Lists of the demo servers never change while they run. */
const LISTS = { ttlMs: 300_000, cacheScope: 'public' };

/** The `cacheHints` of every demo server. */
export const cacheHints = {
  'server/discover': LISTS,
  'tools/list': LISTS,
  'prompts/list': LISTS,
  'resources/list': LISTS,
  'resources/templates/list': LISTS,
};

/** What a tool does to the world, for clients that ask before some calls. */
export const READS = { readOnlyHint: true, openWorldHint: false };
export const ADDS = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
export const DESTROYS = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false };

/** A result with structured content, and the same as text for clients that show text. */
export const structured = (value) => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: value,
});

/** One text of one role: a message of a prompt. */
export const message = (text) => ({ role: 'user', content: { type: 'text', text } });

/** The entry of a map, or an error that a tool's caller reads. */
export function known(map, key, what) {
  const value = map.get(key);
  if (value === undefined) throw new Error(`unknown ${what} ${key}`);
  return value;
}

/** The entry of a map behind a resource, or the protocol's error for one that does not exist. */
export function resource(map, key, uri) {
  const value = map.get(key);
  if (value === undefined) throw new ResourceNotFoundError(uri.href);
  return value;
}

/**
 * Serves what `build` makes, one server for each request.
 *
 * @param {number} port the port when the command line names none
 * @param {() => import('@modelcontextprotocol/server').McpServer} build
 * @param {ReturnType<typeof options>} settings the command line, for a server that has options of its own
 */
export function serveMcp(port, build, settings = options(port)) {
  const mcp = createMcpHandler(build);
  const handler = toNodeHandler(mcp);
  const validHost = localhostHostValidation();
  const validOrigin = localhostOriginValidation();
  serve(settings, (req, res) => validHost(req, res) && validOrigin(req, res) && handler(req, res), () =>
    mcp.close());
}
