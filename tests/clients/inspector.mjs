// The Inspector's command line as a client, `--era legacy | auto | modern`: one run of the
// program for each method, as its users run it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bearer, options, run } from './driver.mjs';

const LISTS = [
  ['tools', 'tools/list', 'tools', 'name'],
  ['prompts', 'prompts/list', 'prompts', 'name'],
  ['resources', 'resources/list', 'resources', 'uri'],
  ['templates', 'resources/templates/list', 'resourceTemplates', 'uriTemplate'],
];

/** Each method is a program of its own that takes seconds to start on a busy machine. */
const LIMIT_MS = 120_000;

const settings = options({ era: { type: 'string', default: 'legacy' } });
const program = fileURLToPath(new URL('../node_modules/.bin/mcp-inspector', import.meta.url));
const common = ['--cli', '--server-url', settings.endpoint, '--transport', 'http', '--protocol-era', settings.era];
for (const [name, value] of Object.entries(bearer(settings.token))) common.push('--header', `${name}: ${value}`);

/** Runs one method and returns what the program printed, or throws what it said. */
function invoke(home, method, more = []) {
  const args = [program, ...common, '--format', 'json', '--quiet', '--stored-auth-only', '--method', method, ...more];
  return new Promise((resolve, reject) => {
    // An own home: the program keeps a catalogue and secrets there.
    const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, HOME: home } });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
    child.on('error', reject);
    child.on('close', (code) => {
      // A tool's own error is a result too, printed with status 5.
      if (out.stdout.startsWith('{')) return resolve(JSON.parse(out.stdout));
      const said = out.stderr.trim();
      const error = said.startsWith('{') ? JSON.parse(said.split('\n')[0]).error : { message: said };
      reject(Object.assign(new Error(error.message), { name: 'Inspector', code: error.code ?? code, data: error }));
    });
  });
}

await run('inspector cli', settings.era, async (report) => {
  const home = await mkdtemp(join(tmpdir(), 'inspector-'));
  try {
    report.negotiated = (await invoke(home, 'initialize')).result.protocolVersion;
    for (const [into, method, key, member] of LISTS) {
      const answer = await invoke(home, method);
      report[into] = (answer.result ?? answer)[key].map((entry) => entry[member]);
    }
    if (settings.read !== undefined) report.read = (await invoke(home, 'resources/read', ['--uri', settings.read])).result;
    if (settings.prompt !== undefined) {
      const pairs = Object.entries(settings.args).map(([key, value]) => `${key}=${value}`);
      const more = ['--prompt-name', settings.prompt, ...(pairs.length > 0 ? ['--prompt-args', ...pairs] : [])];
      report.prompt = (await invoke(home, 'prompts/get', more)).result;
    }
    if (settings.tool !== undefined) {
      const more = ['--tool-name', settings.tool, '--tool-args-json', JSON.stringify(settings.args)];
      const answer = await invoke(home, 'tools/call', more);
      report.result = answer.result ?? answer;
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}, LIMIT_MS);
