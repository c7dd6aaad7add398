// What a demo reads of what gateway and servers have written.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long records of calls that have ended may take to reach the log. */
const RECORDS_MS = 3_000;

/** The JSON lines of a file. */
export async function lines(file) {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      // The last line may be written right now.
      return [];
    }
  });
}

/** The records in the gateway's log by request, once all of `requests` are there or time is up. */
export async function records(log, requests) {
  for (const start = Date.now(); ; ) {
    const found = new Map((await lines(log)).map((record) => [record.request, record]));
    if (requests.every((request) => found.has(request)) || Date.now() - start > RECORDS_MS) return found;
    await sleep(100);
  }
}
