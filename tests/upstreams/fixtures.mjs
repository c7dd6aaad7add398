// The fixtures that the conformance suite expects of a server under exactly these names, as
// far as both SDK lines register them alike. What differs between the eras (asking the client
// back, subscriptions, closing a stream) is in modern.mjs and legacy.mjs.
import { z } from 'zod';

/** A red PNG of one pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A WAV file of two samples. */
export const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

export const text = (value) => ({ content: [{ type: 'text', text: value }] });
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const user = (content) => ({ role: 'user', content });
const embedded = (uri, mimeType, body) => ({
  type: 'resource',
  resource: { uri, mimeType, text: body },
});

/** An input schema with the keywords of JSON Schema 2020-12 that SDKs like to lose. */
export const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** The form of `test_elicitation_sep1034_defaults`: every primitive type with a default. */
export const FORM_DEFAULTS = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'User name', default: 'John Doe' },
    age: { type: 'integer', description: 'User age', default: 30 },
    score: { type: 'number', description: 'User score', default: 95.5 },
    status: {
      type: 'string',
      description: 'User status',
      enum: ['active', 'inactive', 'pending'],
      default: 'active',
    },
    verified: { type: 'boolean', description: 'Verification status', default: true },
  },
  required: [],
};

const titled = (...names) => names.map((title, index) => ({ const: `value${index + 1}`, title }));

/** The form of `test_elicitation_sep1330_enums`: the five kinds of choice. */
export const FORM_ENUMS = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    },
    titledMulti: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') },
    },
  },
  required: [],
};

/**
 * Registers the tools that need nothing of the client, in the order in which they are listed:
 * the header scenarios call the first one without arguments.
 *
 * @param server an `McpServer` of either SDK line
 * @param kit `{notify(context, method, params), token(context)}`: how this line sends a
 *   notification of the running request and reads its progress token
 */
export function registerTools(server, kit) {
  const none = z.object({});
  const tool = (name, description, inputSchema, run) =>
    server.registerTool(name, { description, inputSchema }, run);
  tool('test_simple_text', 'Answers with one text', none, () =>
    text('This is a simple text response for testing.'));
  tool('test_image_content', 'Answers with an image', none, () => ({
    content: [{ type: 'image', data: PNG, mimeType: 'image/png' }],
  }));
  tool('test_audio_content', 'Answers with audio', none, () => ({
    content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  }));
  tool('test_embedded_resource', 'Answers with an embedded resource', none, () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }));
  tool('test_multiple_content_types', 'Answers with text, image and resource', none, () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }));
  tool('test_error_handling', 'Fails on purpose', none, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  tool('test_tool_with_logging', 'Sends three log messages', none, async (_, context) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await kit.log(context, 'info', data);
      await sleep(50);
    }
    return text('Tool with logging executed successfully');
  });
  tool('test_logging_tool', 'Sends a log message', none, async (_, context) => {
    await kit.log(context, 'info', 'A log message');
    return text('logged');
  });
  tool('test_tool_with_progress', 'Reports progress 0, 50, 100', none, async (_, context) => {
    const progressToken = kit.token(context);
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      const message = `Completed step ${progress} of 100`;
      await kit.notify(context, 'notifications/progress', { progressToken, progress, total: 100, message });
      await sleep(50);
    }
    return text(String(progressToken ?? 'no progress token'));
  });
  tool('test_echo', 'Answers with its argument, as text and as structured content',
    z.object({ value: z.any() }), ({ value }) => ({
      ...text(JSON.stringify(value ?? null)),
      structuredContent: { value: value ?? null },
    }));
  const region = z.string().meta({ 'x-mcp-header': 'Region', description: 'Mirrored in a header' });
  tool('test_header_argument', 'Has an argument that is mirrored in a header',
    z.object({ region: region.optional() }), ({ region: value }) => text(`region ${value ?? 'unset'}`));
}

/** Registers the resources and the template. */
export function registerResources(server, ResourceTemplate) {
  const fixed = (name, uri, mimeType, description, body) =>
    server.registerResource(name, uri, { title: description, description, mimeType }, async () => ({
      contents: [{ uri, mimeType, ...body }],
    }));
  fixed('static-text', 'test://static-text', 'text/plain', 'A fixed text', {
    text: 'This is the content of the static text resource.',
  });
  fixed('static-binary', 'test://static-binary', 'image/png', 'A fixed image', { blob: PNG });
  fixed('watched-resource', 'test://watched-resource', 'text/plain', 'A text to subscribe to', {
    text: 'Watched resource content',
  });
  const complete = { id: (value) => ['123', '124', '200'].filter((id) => id.startsWith(value)) };
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined, complete }),
    { title: 'A template', description: 'Data by number', mimeType: 'application/json' },
    async (uri, { id }) => {
      const body = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
      return { contents: [{ uri: uri.href, mimeType: 'application/json', text: body }] };
    },
  );
}

/**
 * Registers the prompts.
 *
 * @param args wraps a shape of arguments as this SDK line takes it
 * @param completable makes an argument completable, of the same SDK line
 */
export function registerPrompts(server, args, completable) {
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, () => ({
    messages: [user({ type: 'text', text: 'This is a simple prompt for testing.' })],
  }));
  const words = (value) => ['testValue1', 'paris', 'park', 'party'].filter((word) => word.startsWith(value));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments',
      argsSchema: args({
        arg1: completable(z.string().describe('First test argument'), words),
        arg2: z.string().describe('Second test argument'),
      }),
    },
    ({ arg1, arg2 }) => ({
      messages: [user({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt that embeds a resource',
      argsSchema: args({ resourceUri: z.string().describe('URI of the resource to embed') }),
    },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user({ type: 'text', text: 'Please process the embedded resource above.' }),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image' }, () => ({
    messages: [
      user({ type: 'image', data: PNG, mimeType: 'image/png' }),
      user({ type: 'text', text: 'Please analyze the image above.' }),
    ],
  }));
}
