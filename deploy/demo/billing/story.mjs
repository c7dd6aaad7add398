// What the agents do.
import { bills, customers } from './data.mjs';

/** Calls of each kind by which the price is measured, after some that nobody counts: hosts compile what is used often anew. */
const MEASURED = 40;
const WARM = 40;

/** Bills of one family, paid by one card; one of somebody else; one of somebody in the United States. */
const BILLS = ['B-7001', 'B-7003', 'B-7004', 'B-7005'];
const [AMINA, , , MARGARET] = [...customers.values()];

/** Reads everything in every way there is. */
export async function reads(caller) {
  const progress = [];
  const list = await caller.tool('billing__list_bills', {});
  const found = [];
  for (const bill of BILLS) {
    found.push(await caller.tool('billing__get_bill', { bill }, ({ message }) => progress.push(message)));
  }
  const notes = [];
  for (const customerId of [AMINA.id, MARGARET.id]) notes.push(await caller.tool('crm__get_notes', { customerId }));
  return {
    list,
    bills: found,
    progress,
    notes,
    resource: await caller.resource('bill://B-7001'),
    prompt: await caller.prompt('billing__explain_bill', { bill: 'B-7001' }),
    unknown: [
      await caller.tool('billing__get_bill', { bill: 'B-9999' }),
      await caller.prompt('billing__explain_bill', { bill: 'B-9999' }),
      await caller.resource('bill://B-9999'),
    ],
    wrong: await caller.tool('billing__refund', { bill: 'B-7001', card: 'unknown', amount: 4.2 }),
    // What a customer said on the telephone.
    byEmail: await caller.tool('crm__find_customer', { email: AMINA.email }),
    byPhone: await caller.tool('crm__find_customer', { phone: AMINA.phone }),
    identity: await caller.tool('crm__get_identity', { customerId: MARGARET.id }),
    tariffs: await caller.tool('billing__list_tariffs', {}),
  };
}

/** The same token with one letter of what is sealed changed. */
function tampered(token) {
  const at = token.length - 12;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** What the agent was told of somebody: tokens of the billing system and of the notes. */
export function tokens(read) {
  const { card, customer } = read.bills[0].value;
  const noted = read.notes[0].text.match(/\btok_credit-card_\w+_[\w-]+/)?.[0] ?? 'none';
  return { card: card.number, email: read.byEmail.value?.email ?? 'none', billed: customer.email, noted };
}

/** The agent works: it pays back, writes, and tries tokens where they do not belong. */
export async function support(caller, read) {
  const { card, email, billed, noted } = tokens(read);
  const refund = (given) => caller.tool('billing__refund', { bill: 'B-7001', card: given, amount: 4.2 });
  const send = (to, text) => caller.tool('mail__send_message', { to, text });
  return {
    refused: [
      ['tampered with', await refund(tampered(card))],
      ['from the notes', await refund(noted)],
      ['of an address, for a card', await refund(email)],
      ['of a card, for an address', await send(card, 'Hello')],
      ['of an address from the bills', await send(billed, 'Hello')],
      ['to another tool', await caller.tool('crm__find_customer', { email })],
    ],
    refund: await refund(card),
    mail: await send(email, `We paid 4.20 back to your card. Yours, ${email}`),
  };
}

/** Others try what the agent was given. */
export async function strangers({ colleague, sister }, read) {
  const { card, email } = tokens(read);
  const tried = [];
  for (const [name, caller] of [['another agent', colleague], ['another tenant', sister]]) {
    tried.push([name, await caller.tool('billing__refund', { bill: 'B-7002', card, amount: 1 })]);
    tried.push([name, await caller.tool('mail__send_message', { to: email, text: 'Hello' })]);
  }
  return tried;
}

/** The auditor reads what it may. */
export async function audit(caller) {
  const found = [];
  for (const bill of BILLS) found.push(await caller.tool('billing__get_bill', { bill }));
  await caller.tool('billing__list_bills', {});
  const notes = await caller.tool('crm__get_notes', { customerId: AMINA.id });
  return { bills: found, notes, addresses: BILLS.map((bill) => bills.get(bill).customer.email) };
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/** How long a call takes with redaction and without, one after the other. */
export async function cost({ agent, plain }) {
  const times = { agent: [], plain: [] };
  for (let number = 0; number < WARM + MEASURED; number += 1) {
    const bill = BILLS[number % BILLS.length];
    for (const [name, caller] of [['plain', plain], ['agent', agent]]) {
      const { ms } = await caller.tool('billing__get_bill', { bill });
      if (number >= WARM) times[name].push(ms);
    }
  }
  return { calls: MEASURED, with: median(times.agent), without: median(times.plain) };
}
