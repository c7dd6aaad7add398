// The official SDK 1.x as a client: the 2025 era, with a session and a stream of its own.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { ANSWERING, answers, bearer, exercise, noting, options, run } from './driver.mjs';

const settings = options();
await run('npm sdk 1.x', 'legacy', async (report) => {
  const capabilities = settings.answer ? ANSWERING : {};
  const client = new Client({ name: 'postern-test-sdk', version: '1.0.0' }, { capabilities });
  if (settings.answer) {
    for (const schema of [CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema]) {
      client.setRequestHandler(schema, (request) => answers[request.method](request));
    }
  }
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void report.logs.push(params));
  const transport = new StreamableHTTPClientTransport(new URL(settings.endpoint), {
    requestInit: { headers: bearer(settings.token) },
    fetch: noting(report),
  });
  await client.connect(transport);
  report.negotiated = transport.protocolVersion;
  report.session = transport.sessionId !== undefined;
  if (settings.log !== undefined) await client.setLoggingLevel(settings.log);
  await exercise(client, settings, report, (params, onprogress) =>
    client.callTool(params, undefined, { onprogress }));
  await transport.terminateSession();
  await client.close();
});
