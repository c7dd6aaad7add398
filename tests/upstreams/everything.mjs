// npm's server-everything (2025 era, sessions) behind a proxy that keeps the journal: it is
// somebody else's program, run as published, in this process so that none is left behind.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, options, serve } from '../../deploy/demo/serve.mjs';

/** Milliseconds that the program may take to listen. */
const START_MS = 20_000;

/** A port that is free now. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Runs the program in this process and returns when it accepts connections on `port`. */
async function start(port) {
  console.log = console.error; // standard output is for our own `listening` line
  process.argv[2] = 'streamableHttp';
  process.env = { PORT: String(port) }; // one of its tools shows the environment to its caller
  await import('@modelcontextprotocol/server-everything/dist/index.js');
  const deadline = Date.now() + START_MS;
  while (!(await accepts(port))) {
    if (Date.now() > deadline) fail(`server-everything did not listen within ${START_MS} ms`);
    await sleep(50);
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

/** Passes one request on, both bodies streamed, and ends it when the caller goes. */
function relay(port, req, res) {
  const { method, url: path, headers } = req;
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    res.flushHeaders();
    answer.pipe(res);
    answer.on('error', () => res.destroy());
  });
  onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}

const settings = options(0);
const port = await freePort();
await start(port);
serve(settings, (req, res) => relay(port, req, res));
