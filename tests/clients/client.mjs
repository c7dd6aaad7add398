// The official client package 2.x: the 2025 era by default (`--era legacy`), the 2026-07-28
// era alone (`modern`), or whatever the server speaks (`auto`).
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ANSWERING, answers, bearer, exercise, noting, options, run } from './driver.mjs';

const MODES = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } };

const settings = options({ era: { type: 'string', default: 'auto' } });
const mode = MODES[settings.era];
if (mode === undefined) throw new Error(`--era ${settings.era}: choose legacy, auto or modern`);
await run('npm client 2.x', settings.era, async (report) => {
  const client = new Client(
    { name: 'postern-test-client', version: '1.0.0' },
    { capabilities: settings.answer ? ANSWERING : {}, versionNegotiation: { mode } },
  );
  for (const [method, answer] of Object.entries(settings.answer ? answers : {})) {
    client.setRequestHandler(method, answer);
  }
  client.setNotificationHandler('notifications/message', ({ params }) => void report.logs.push(params));
  const transport = new StreamableHTTPClientTransport(new URL(settings.endpoint), {
    requestInit: { headers: bearer(settings.token) },
    fetch: noting(report),
  });
  await client.connect(transport);
  report.negotiated = client.getNegotiatedProtocolVersion();
  report.session = transport.sessionId !== undefined;
  // The new era has no level of a connection: each request asks for its own.
  const modern = client.getProtocolEra() === 'modern';
  const wish = settings.log === undefined ? {} : { _meta: { 'io.modelcontextprotocol/logLevel': settings.log } };
  if (settings.log !== undefined && !modern) await client.setLoggingLevel(settings.log);
  await exercise(client, settings, report, (params, onprogress) =>
    client.callTool({ ...params, ...(modern ? wish : {}) }, { onprogress }));
  await transport.terminateSession();
  await client.close();
});
