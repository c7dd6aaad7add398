// Stands where a gateway's settings want an upstream and hands every request on, streams and all,
// to a server that is known only later: `PUT /NAME` with a URL says what `/NAME` stands for.
import { createServer, request } from 'node:http';
import { options, stopWith } from '../../deploy/demo/serve.mjs';

const targets = new Map();

async function name(req, res) {
  let url = '';
  for await (const chunk of req.setEncoding('utf8')) url += chunk;
  targets.set(req.url, new URL(url));
  res.writeHead(204).end();
}

function handOn(req, res) {
  const target = targets.get(req.url);
  if (target === undefined) return void res.writeHead(502).end();
  // No connection outlives its request: the server behind it may be gone at the next one.
  const headers = { ...req.headers, host: target.host };
  const onward = request(target, { method: req.method, headers, agent: false }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
    answer.on('error', () => res.destroy());
  });
  onward.on('error', () => res.destroy());
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}

const { port, host } = options(0);
const server = createServer((req, res) => (req.method === 'PUT' ? name(req, res) : handOn(req, res)));
server.keepAliveTimeout = 75_000;
server.listen(port, host, () => {
  process.stdout.write(`listening http://${host}:${server.address().port}\n`);
});
stopWith(() => {
  server.close();
  server.closeAllConnections();
});
