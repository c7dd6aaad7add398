// The extension `io.modelcontextprotocol/tasks` with the fixtures of the scenarios `tasks-*`, for
// a server of the 2026-07-28 era: the SDK knows the names of the methods and nothing more.
import { randomUUID } from 'node:crypto';
import { ProtocolError, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from './fixtures.mjs';

export const EXTENSION = 'io.modelcontextprotocol/tasks';
const CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const INVALID_PARAMS = -32602;
const MISSING_CAPABILITY = -32021;
const TTL_MS = 300_000;
/** How long, in seconds, a client without the extension waits for a tool at most. */
const PATIENCE = 0.1;

/** All tasks of this process, by id. */
const tasks = new Map();

/** A tool's work, which goes on behind the answer. */
class Task {
  #state = { status: 'working' };
  #since = new Date().toISOString();
  #created = this.#since;
  #answers = {};
  #answered = () => {};
  #cancelled = () => {};

  constructor(work) {
    this.taskId = randomUUID();
    tasks.set(this.taskId, this);
    const cancelled = new Promise((resolve) => (this.#cancelled = resolve));
    const done = (state) => this.#state.status === 'cancelled' || this.#become(state);
    Promise.race([work(this), cancelled]).then(
      (result) => done({ status: 'completed', result }),
      ({ code = -32603, message }) => done({ status: 'failed', error: { code, message } }),
    );
  }

  #become(state) {
    this.#state = state;
    this.#since = new Date().toISOString();
  }

  get ended() {
    return ['completed', 'failed', 'cancelled'].includes(this.#state.status);
  }

  /** As `tasks/get` shows it. */
  get shown() {
    const { taskId } = this;
    const times = { createdAt: this.#created, lastUpdatedAt: this.#since, ttlMs: TTL_MS, pollIntervalMs: 200 };
    return { taskId, ...this.#state, ...times };
  }

  /** Asks the client, and waits until all of `inputRequests` are answered. */
  async ask(inputRequests) {
    this.#become({ status: 'input_required', inputRequests });
    await new Promise((resolve) => (this.#answered = resolve));
    this.#become({ status: 'working' });
    return this.#answers;
  }

  /** Takes answers; what is not asked for is left aside. */
  update(answers) {
    const { status, inputRequests } = this.#state;
    if (status !== 'input_required') return;
    const open = { ...inputRequests };
    for (const key of Object.keys(answers).filter((name) => name in open)) {
      this.#answers[key] = answers[key];
      delete open[key];
    }
    this.#become({ status, inputRequests: open });
    if (Object.keys(open).length === 0) this.#answered();
  }

  cancel() {
    if (this.ended) return;
    this.#become({ status: 'cancelled' });
    this.#cancelled();
  }
}

const seconds = (number) => new Promise((resolve) => setTimeout(resolve, number * 1_000).unref());
const form = (message, properties) => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: { type: 'object', properties } },
});
const name = form('What is your name?', { name: { type: 'string' } });

/** The tools that become tasks: arguments, whether they do nothing else, and what they do. */
const TOOLS = {
  slow_compute: {
    shape: { seconds: z.number(), label: z.string().optional() },
    run: async ({ seconds: number, label }, task) => {
      await seconds(task ? number : Math.min(number, PATIENCE));
      return text(`computed ${label ?? 'it'}`);
    },
  },
  failing_job: {
    only: true,
    run: async () => {
      await seconds(0.5);
      return { ...text('the job failed'), isError: true };
    },
  },
  protocol_error_job: {
    only: true,
    run: async () => {
      throw new ProtocolError(-32603, 'the job broke down');
    },
  },
  confirm_delete: {
    shape: { filename: z.string() },
    run: async ({ filename }, task) => {
      const confirm = form(`Delete ${filename}?`, { confirm: { type: 'boolean' } });
      const answers = await task?.ask({ confirm });
      return text(answers?.confirm?.action === 'accept' ? `deleted ${filename}` : `kept ${filename}`);
    },
  },
  multi_input: {
    run: async (_, task) => {
      const confirm = form('Are you sure?', { confirm: { type: 'boolean' } });
      await task?.ask({ name, confirm });
      return text('all answered');
    },
  },
  // It asks the client first, by `input_required`, and becomes a task with the answer.
  test_tool_with_task: {
    only: true,
    first: (answer) => answer.kind !== 'elicit',
    run: async (_, _task, answer) => text(`Hello, ${answer.content?.name ?? 'stranger'}!`),
  },
};

/** Registers the tools and the methods. */
export function registerTasks(mcp) {
  const none = z.object({});
  mcp.registerTool('greet', { description: 'Greets, at once', inputSchema: z.object({ name: z.string() }) },
    (args) => text(`Hello, ${args.name}!`));
  for (const [tool, { shape, run, first }] of Object.entries(TOOLS)) {
    const inputSchema = shape ? z.object(shape) : none;
    mcp.registerTool(tool, { description: 'Becomes a task', inputSchema }, (args) =>
      first ? inputRequired({ inputRequests: { user_name: inputRequired.elicit(name.params) } }) : run(args));
  }

  const declares = ({ mcpReq }) => mcpReq.envelope?.[CLIENT_CAPABILITIES]?.extensions?.[EXTENSION] !== undefined;
  const demand = (context) => {
    if (declares(context)) return;
    const requiredCapabilities = { extensions: { [EXTENSION]: {} } };
    throw new ProtocolError(MISSING_CAPABILITY, `${EXTENSION} is needed`, { requiredCapabilities });
  };
  // The SDK's own handler takes a result that is a task for a broken one.
  const handlers = mcp.server._requestHandlers;
  const call = handlers.get('tools/call');
  handlers.set('tools/call', async (request, context) => {
    const tool = TOOLS[request.params.name];
    if (tool?.only) demand(context);
    const answer = inputResponse(context.mcpReq.inputResponses, 'user_name');
    if (tool === undefined || tool.first?.(answer) || !declares(context)) return call(request, context);
    const task = new Task((self) => tool.run(request.params.arguments ?? {}, self, answer));
    return { ...task.shown, resultType: 'task' };
  });
  const method = (verb, run) =>
    mcp.server.setRequestHandler(`tasks/${verb}`, { params: z.looseObject({ taskId: z.string() }) },
      ({ taskId }, context) => {
        demand(context);
        const task = tasks.get(taskId);
        if (task === undefined) throw new ProtocolError(INVALID_PARAMS, 'Unknown task');
        return run(task, context.mcpReq.inputResponses ?? {}) ?? {};
      });
  method('get', (task) => task.shown);
  method('update', (task, answers) => task.update(answers));
  method('cancel', (task) => task.cancel());
}
