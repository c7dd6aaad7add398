// What every demo and test server shares: arguments, the `listening` line, the journal of
// requests and a clean stop. It uses Node alone, so that both npm packages can import it.
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

/** Bodies above this many bytes are not kept in the journal (their length still is). */
const JOURNAL_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Reads `--port N`, `--host H` and `--journal FILE`, and the options of the server itself.
 *
 * @param {number} port the port when `--port` is absent; 0 lets the system choose
 * @param {Record<string, {type: 'string' | 'boolean', default?: string | boolean}>} own
 * @returns {{port: number, host: string, journal?: string} & Record<string, any>}
 */
export function options(port, own = {}) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: String(port) },
      host: { type: 'string', default: '127.0.0.1' },
      journal: { type: 'string' },
      ...own,
    },
  });
  const number = Number(values.port);
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    fail(`--port ${values.port} is not a port: give a whole number from 0 to 65535`);
  }
  return { ...values, port: number };
}

/** Says what is wrong on standard error and ends with status 2. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/**
 * Serves `handler` on `/mcp` until SIGTERM or SIGINT, and prints `listening URL` when it does.
 *
 * @param {{port: number, host: string, journal?: string}} settings as `options` gives them
 * @param {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => unknown} handler
 * @param {() => unknown} close what to end before the process does
 */
export function serve(settings, handler, close = () => {}) {
  if (settings.journal) writeFileSync(settings.journal, '');
  const server = createServer(async (req, res) => {
    if (settings.journal) record(settings.journal, req);
    if (new URL(req.url, 'http://localhost').pathname !== '/mcp') {
      res.writeHead(404, { 'content-type': 'text/plain' }).end('not found: the endpoint is /mcp\n');
      return;
    }
    try {
      await handler(req, res);
    } catch (error) {
      process.stderr.write(`${error?.stack ?? error}\n`);
      if (!res.headersSent) res.writeHead(500);
      res.end();
    }
  });
  // A gateway keeps its connections to an upstream open between calls: closing them sooner
  // than it does would race with its next request.
  server.keepAliveTimeout = 75_000;
  server.on('error', (error) => {
    const taken = error.code === 'EADDRINUSE';
    fail(taken ? `port ${settings.port} is taken: choose another with --port N` : String(error));
  });
  server.listen(settings.port, settings.host, () => {
    process.stdout.write(`listening http://${settings.host}:${server.address().port}/mcp\n`);
  });
  stopWith(async () => {
    server.close();
    await close();
    server.closeAllConnections();
  });
  return server;
}

/** Runs `stop` once at SIGTERM or SIGINT, then ends with status 0, after two seconds at most. */
export function stopWith(stop) {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => process.exit(0), 2_000).unref();
      try {
        await stop();
      } finally {
        process.exit(0);
      }
    });
  }
}

/**
 * Appends `req` to the journal as one JSON line `{at, method, path, headers, body, bytes}`,
 * written before the last byte of the body reaches the server: whoever has an answer finds
 * the line. The body is copied as the parser delivers it, so the server still reads it itself.
 */
function record(file, req) {
  const chunks = [];
  let bytes = 0;
  let written = false;
  const write = () => {
    if (written) return;
    written = true;
    const { method, url: path, headers } = req;
    const body = Buffer.concat(chunks).toString('utf8');
    const line = { at: new Date().toISOString(), method, path, headers, body, bytes };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  const push = req.push.bind(req);
  req.push = (chunk, encoding) => {
    if (chunk === null) write();
    else if ((bytes += chunk.length) <= JOURNAL_BODY_BYTES) chunks.push(Buffer.from(chunk));
    return push(chunk, encoding);
  };
  req.on('close', write);
}
