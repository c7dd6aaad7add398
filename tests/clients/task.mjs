// A modern client whose call becomes a task (extension `io.modelcontextprotocol/tasks`): it polls, answers what the task asks, and
// waits for its end. By plain requests, so that each of them is as the extension says.
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, bearer, options, run } from './driver.mjs';

const REVISION = '2026-07-28';
const ENDED = ['completed', 'cancelled', 'failed'];
const _meta = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientCapabilities': {
    elicitation: {},
    extensions: { 'io.modelcontextprotocol/tasks': {} },
  },
};

const settings = options();
await run('tasks by plain requests', 'modern', async (report) => {
  let id = 0;
  const ask = async (method, params) => {
    id += 1;
    const answer = await fetch(settings.endpoint, {
      method: 'POST',
      headers: {
        ...bearer(settings.token),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': REVISION,
        'mcp-method': method,
        'mcp-name': params.name ?? params.taskId,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
    });
    report.statuses.push(answer.status);
    const { result, error } = await answer.json();
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  };
  let task = await ask('tools/call', { name: settings.tool, arguments: settings.args });
  report.negotiated = REVISION;
  report.states = [task.resultType];
  const { taskId } = task;
  const answered = new Set();
  while (taskId !== undefined && !ENDED.includes(task.status)) {
    await sleep(task.pollIntervalMs ?? 500);
    task = await ask('tasks/get', { taskId });
    if (report.states.at(-1) !== task.status) report.states.push(task.status);
    const asked = Object.entries(task.inputRequests ?? {}).filter(([key]) => !answered.has(key));
    const inputResponses = Object.fromEntries(asked.map(([key, question]) => [key, answers[question.method](question)]));
    if (asked.length > 0) await ask('tasks/update', { taskId, inputResponses });
    for (const [key] of asked) answered.add(key);
  }
  report.asked = answered.size;
  report.result = task.result ?? task;
  report.failure = task.error ?? null;
});
