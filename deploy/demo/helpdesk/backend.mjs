// The server behind the gateway, as the demo handles it: what it saw, how it dies, how it comes back.
import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lines } from '../log.mjs';

/** How long it may take until it is gone, or there again. */
const LIMIT_MS = 10_000;

/** Whether somebody listens on a port of 127.0.0.1. */
function listens(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const end = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

export class Backend {
  /** @param {{url: string, file: string}} of its address, and the file that it writes what it sees to */
  constructor({ url, file }) {
    this.port = Number(new URL(url).port);
    this.file = file;
  }

  /** Every call that reached it: `{call, tool, began}`. */
  async seen() {
    return (await lines(this.file)).filter(({ tool }) => tool !== undefined);
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill() {
    const { pid } = (await lines(this.file)).findLast((line) => line.pid !== undefined);
    process.kill(pid, 'SIGKILL');
    await this.#until(false);
  }

  /** Starts it again, at the same address. It ends with the demo, whose process group it is in. */
  async restart() {
    const script = fileURLToPath(new URL('itsm.mjs', import.meta.url));
    const server = spawn(process.execPath, [script, '--port', String(this.port), '--seen', this.file], { stdio: 'ignore' });
    process.once('exit', () => server.kill());
    await this.#until(true);
  }

  async #until(open) {
    for (const start = Date.now(); (await listens(this.port)) !== open; await sleep(50)) {
      if (Date.now() - start > LIMIT_MS) throw new Error(`the server did not ${open ? 'come back' : 'end'} in time`);
    }
  }
}
