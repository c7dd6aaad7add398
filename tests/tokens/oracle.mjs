// Counts tokens with the vocabulary o200k: a JSON array of texts comes in, an array of numbers goes out.
import { text } from 'node:stream/consumers';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';

const encoding = new Tiktoken(o200k);
const texts = JSON.parse(await text(process.stdin));
// No text is taken for a special token.
process.stdout.write(JSON.stringify(texts.map((one) => encoding.encode(one, [], []).length)));
