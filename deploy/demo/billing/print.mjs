// The story for a person.
import { bills, notes } from './data.mjs';

const WIDTH = 56;

const cut = (text, width = WIDTH) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Fields of one bill: what billing has beside what the agent saw. */
function bill(seen) {
  const has = bills.get(seen.id);
  const fields = {
    invoice: (of) => of.invoice,
    order: (of) => of.order,
    'customer.fullName': (of) => of.customer.fullName,
    'customer.email': (of) => of.customer.email,
    'customer.phone': (of) => of.customer.phone,
    'customer.address.street': (of) => of.customer.address.street,
    'customer.address.city': (of) => of.customer.address.city,
    'customer.contract': (of) => of.customer.contract,
    'customer.iban': (of) => of.customer.iban,
    'card.number': (of) => of.card.number,
    'card.expires': (of) => of.card.expires,
    total: (of) => String(of.total),
  };
  return Object.entries(fields).map(([name, get]) => [name, get(has), cut(get(seen))]);
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd()).join('\n');
}

/** Text in lines of at most `width` letters. */
function wrapped(text, width = 112) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}

const short = (text) => text.replace(/(tok_[a-z-]+_[a-z0-9]+_[\w-]{6})[\w-]+/g, '$1…');

/** The record of a call, without what every record has. */
function record(found) {
  const names = ['outcome', 'tenant', 'agent', 'method', 'name', 'inspect', 'redacted'];
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, found[name]])));
}

function price({ cost, release }) {
  const [without, more] = [cost.without, cost.with - cost.without].map((ms) => ms.toFixed(2));
  const build = release ? '' : ', development build';
  return `get_bill takes ${without} ms through the gateway; redaction adds ${more} ms (medians of ${cost.calls}${build})`;
}

/** @returns {string} all of it, for standard output */
export function print(story) {
  const { host, read, done, claims, ok, got } = story;
  const [amina] = [bills.get('B-7001').customer];
  const refund = got.billing.find(({ tool, card }) => tool === 'refund' && /^\d+$/.test(card));
  const bad = claims.filter(({ holds }) => !holds).length;
  return [
    `A support desk works with bills, customers and mail, on ${host}`,
    '',
    table([['bill B-7001', 'what billing has', 'what the agent saw'], ...bill(read.bills[0].value)]),
    '',
    'A note in crm:',
    wrapped(notes(amina).prose),
    'What the agent saw of it:',
    wrapped(short(read.notes[0].text.split('\n')[0])),
    '',
    `The agent pays back:  ${short(JSON.stringify({ bill: 'B-7001', card: read.bills[0].value.card.number, amount: 4.2 }))}`,
    `What billing got:     ${JSON.stringify({ bill: refund?.bill, card: refund?.card, amount: refund?.amount })}`,
    `What the agent saw:   ${short(JSON.stringify(done.refund.value ?? done.refund.text))}`,
    'The record of it:',
    `  ${record(story.records.of(done.refund))}`,
    '',
    ...claims.map(({ claim, holds, seen }) => `${holds ? 'ok    ' : 'FAILED'}  ${claim}: ${seen}`),
    price(story),
    ok ? `all ${claims.length} claims hold` : `${bad} of ${claims.length} claims do not hold`,
    '',
  ].join('\n');
}
