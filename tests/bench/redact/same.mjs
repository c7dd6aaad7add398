// What redaction in V8 makes of texts: `node same.mjs MODULE < TEXTS`. Each text has its length in four bytes before it. Prints
// how many bytes of a word are looked at together, and then two digests for each text.
import { readFileSync } from "node:fs";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {});
const { memory, room, block, words, findings } = instance.exports;

const hex = (digest) => BigInt.asUintN(64, digest).toString(16);
const texts = readFileSync(0);
const lines = [`${block()}`];
for (let at = 0; at < texts.length; ) {
  const start = at + 4;
  at = start + texts.readUInt32LE(at);
  const place = room(at - start) >>> 0;
  // The memory may have grown just now, which makes another buffer.
  texts.copy(new Uint8Array(memory.buffer), place, start, at);
  const seen = words();
  // Whoever sees no word where one is may look for values for ever.
  if (seen === 0n) throw new Error(`words differ in ${JSON.stringify(texts.toString("latin1", start, at))}`);
  lines.push(`${hex(seen)} ${hex(findings())}`);
}
console.log(lines.join("\n"));
