// What the demo says of the gateway. Each claim is looked at anew with every run.
import { isDeepStrictEqual as same } from 'node:util';
import { bills, customers, tariffs } from './data.mjs';
import { tokens } from './story.mjs';

const TOKEN = /tok_credit-card_[a-z0-9]+_[\w-]+/g;
const [AMINA] = [...customers.values()];

const list = (found) => found.map(({ kind, value }) => `${kind} ${value}`).join(', ') || 'none';
const kinds = (found) => [...new Set(found.map(({ kind }) => kind))].join(', ');
const cards = (found) => found.filter(({ kind }) => kind === 'card');

/** What is nobody's in a bill: it has to arrive as it was. */
function unsuspicious({ id, invoice, order, date, customer, card, lines, net, tax, total, currency, meter }) {
  const { city, country } = customer.address;
  return { id, invoice, order, date, of: customer.id, city, country, brand: card.brand, lines, net, tax, total, currency, meter };
}

const inList = ({ id, invoice, order, date, total }) => ({ id, invoice, order, date, total });

/** Nobody has received what is somebody's. */
function unseen({ leaks, bytes, values, plain }) {
  const others = [...leaks.colleague, ...leaks.sister];
  return [
    {
      claim: 'agent: no card in results, errors, notifications, prompts, resources, lists',
      holds: cards(leaks.agent).length === 0 && bytes > 10_000,
      seen: `${list(cards(leaks.agent))} of ${cards(values).length} in ${bytes} bytes`,
    },
    {
      claim: 'agent: no name, street, e-mail, telephone, account, contract or social security number',
      holds: leaks.agent.length === 0 && others.length === 0,
      seen: `${list([...leaks.agent, ...others])} of ${values.length}`,
    },
    {
      claim: 'without redaction: the same calls bring all of them, and the same search finds them',
      holds: same(leaks.plain, values) && plain.identity.value?.ssn !== undefined,
      seen: `${leaks.plain.length} of ${values.length}`,
    },
  ];
}

/** Everywhere that the billing system spoke of one card: how often, by how many tokens. */
function everywhere({ list: all, bills: found, progress, resource, prompt, unknown, wrong }) {
  const visa = (id) => bills.get(id).card.number === bills.get('B-7001').card.number;
  const rows = all.value.bills.filter(({ id }) => visa(id)).map(({ card }) => card.number);
  const texts = [found[0].text, found[1].text, progress[0], progress[1], resource.text, prompt.text, wrong.text];
  const spoken = [...texts, ...unknown.map(({ text }) => text)].map((text) => text.match(TOKEN)?.[0]);
  const others = all.value.bills.filter(({ id }) => !visa(id)).map(({ card }) => card.number);
  return { rows, places: [...rows, found[0].value.card.number, found[1].value.card.number, ...spoken], others };
}

/** What the agent can do with what it was given. */
function useful({ read, tools }) {
  const { rows, places, others } = everywhere(read);
  const one = new Set(places);
  const arrived = read.bills.every(({ value }) => same(unsuspicious(value), unsuspicious(bills.get(value.id))));
  const listed = read.list.value.bills.every((row) => same(inList(row), inList(bills.get(row.id))));
  const prose = ['RE-2026-005209', '4.20', '4500117733002905'].every((text) => read.notes[0].text.includes(text));
  const { customer } = read.bills[0].value;
  const schema = tools.find(({ name }) => name === 'billing__get_bill').outputSchema;
  return [
    {
      claim: 'one card: one token wherever billing speaks of it, so that bills can be joined',
      holds: one.size === 1 && !one.has(undefined) && new Set([...places, ...others]).size === 3,
      seen: `${places.length} places, ${one.size} token, ${rows.length} bills of 2 customers`,
    },
    {
      claim: 'amounts, dates, numbers of invoices, orders and meters: untouched',
      holds: arrived && listed && prose && same(read.tariffs.value, { tariffs }),
      seen: `${read.bills.length} bills, ${read.list.value.bills.length} rows, notes, and a price list that is not inspected`,
    },
    {
      claim: 'accounts: masked to the last four; contracts: alike in bills and notes',
      holds: /^\*+2606$/.test(customer.iban) && /^CONTRACT_\w{20}$/.test(customer.contract) &&
        read.byEmail.value.contract === customer.contract && read.notes[0].text.includes(customer.contract),
      seen: `${customer.iban}, ${customer.contract}`,
    },
    {
      claim: 'output schema: the client checks results against it, and takes them',
      holds: schema?.properties?.total?.type === 'number' && read.bills.every(({ value }) => value !== undefined),
      seen: `${read.bills.length} bills`,
    },
  ];
}

/** Values came back where they belong, and nowhere else. */
function restored({ read, done, strangers, got }) {
  const { card, email } = tokens(read);
  const refunds = got.billing.filter(({ tool, card: given }) => tool === 'refund' && given !== 'unknown');
  const exact = refunds.filter(({ card: given }) => given === bills.get('B-7001').card.number);
  const sent = got.mail.filter(({ to }) => to.includes('@'));
  const arrived = [...refunds.map(({ card: given }) => given), ...[...got.mail, ...got.crm].map(({ to, email: by }) => to ?? by)];
  const asTokens = arrived.filter((text) => text?.startsWith('tok_'));
  const refused = [...done.refused, ...strangers];
  const [, tampered] = done.refused[0];
  const asked = got.crm.filter(({ tool, email: by }) => tool === 'find_customer' && by === AMINA.email);
  return [
    {
      claim: 'billing: got the card that it knows, and refunded the right bill',
      holds: done.refund.value?.status === 'refunded' && same(exact.map(({ bill, amount }) => [bill, amount]), [['B-7001', 4.2]]),
      seen: `${exact.length} refund, ${exact[0]?.bill}, card ending in ${exact[0]?.card.slice(-4)}`,
    },
    {
      claim: 'mail: got the true address in `to`; in the text a token stays a token',
      holds: sent.length === 1 && sent[0].to === AMINA.email && sent[0].text.includes(email) && done.mail.value?.queued,
      seen: `${sent.length} message`,
    },
    {
      claim: 'a token tampered with: the server gets it as it is and refuses it',
      holds: tampered.isError && refunds[0]?.card.startsWith('tok_') && refunds[0].card !== card,
      seen: refunds[0]?.card.slice(0, 24).concat('…'),
    },
    {
      claim: 'tokens of another system or kind, tool, agent or tenant: of no use',
      holds: refused.every(([, { isError }]) => isError) && asTokens.length === refused.length,
      seen: `${refused.length} tried, ${refused.filter(([, { isError }]) => isError).length} refused`,
    },
    {
      claim: 'crm: what a person typed reaches it, while all that it answers is inspected',
      holds: asked.length > 0 && read.byEmail.value?.id === AMINA.id && read.byPhone.value?.id === AMINA.id,
      seen: 'found by e-mail and by telephone',
    },
  ];
}

/** Who may see more, and what nobody may. */
function clearance({ leaks, audit, read }) {
  const seen = audit.bills.map(({ value }) => value.customer.email);
  const { code, data } = read.identity;
  const wanted = { kind: 'redaction', type: 'US_SSN', direction: 'response' };
  return [
    {
      claim: 'auditor: sees e-mail addresses and nothing else, no cards above all',
      holds: same(seen, audit.addresses) && leaks.auditor.length > 0 && kinds(leaks.auditor) === 'email',
      seen: `${leaks.auditor.filter(({ kind }) => kind === 'email').length} addresses, cards: ${list(cards(leaks.auditor))}`,
    },
    {
      claim: 'social security number: blocked with 1451 where a rule says so, tagged elsewhere',
      holds: code === 1451 && same(data, wanted) && read.notes[1].text.includes('[US_SSN_1]'),
      seen: `${code} ${JSON.stringify(data)}`,
    },
  ];
}

/** What the records have to say of some calls: the least of it that would be missed. */
function told({ read, done, audit, records: { of } }) {
  const bill = (clear) => ({
    CONTRACT: { hash: 2 },
    CREDIT_CARD: { token: clear ? 2 : 3 },
    CREDIT_CARD_EXPIRATION: { tag: 2 },
    EMAIL_ADDRESS: { [clear ? 'clear' : 'token']: 2 },
    IBAN_CODE: { mask: 2 },
    LOCATION: { tag: 4 },
    PERSON: { tag: 2 },
    PHONE_NUMBER: { tag: 2 },
  });
  const standard = { inspect: 'standard', inspect_requests: undefined };
  const found = { CONTRACT: { hash: 2 }, EMAIL_ADDRESS: { token: 2 }, PERSON: { tag: 2 }, PHONE_NUMBER: { tag: 2 } };
  const back = { TOKEN: { restored: 1 } };
  return [
    // Results say everything twice; the notification has the card once more.
    [read.bills[0], standard, { response: bill(false) }],
    [audit.bills[0], standard, { response: bill(true) }],
    [read.unknown[1], standard, { error: { CREDIT_CARD: { token: 1 } } }],
    [read.byEmail, { inspect: 'standard', inspect_requests: 'secrets_only' }, { response: found }],
    [read.tariffs, { inspect: 'off', inspect_requests: undefined }, undefined],
    [read.identity, standard, { response: { US_SSN: { block: 1 } } }],
    [done.refused[0][1], standard, { response: { CREDIT_CARD: { token: 1 } } }],
    [done.refund, standard, { request: back, response: { CREDIT_CARD: { token: 2 } } }],
    [done.mail, standard, { request: back, response: { EMAIL_ADDRESS: { token: 2 } } }],
  ].filter(([call, { inspect, inspect_requests }, redacted]) => {
    const record = of(call);
    return record.inspect !== inspect || record.inspect_requests !== inspect_requests || !same(record.redacted, redacted);
  }).map(([call]) => `${call.name} ${JSON.stringify(of(call).redacted)}`);
}

function recorded(story) {
  const wrong = told(story);
  const { records, logged, logBytes } = story;
  return [
    {
      claim: 'records: one for each call, with inspection, types, directions and counts',
      holds: wrong.length === 0 && records.missing === 0,
      seen: wrong.join('; ') || `${records.calls} calls, ${records.missing} missing`,
    },
    {
      claim: 'records and log: none of the values',
      holds: logged.length === 0 && logBytes > 10_000,
      seen: `${list(logged)} of ${story.values.length} in ${logBytes} bytes`,
    },
  ];
}

/** @returns {{claim: string, holds: boolean, seen: string}[]} */
export function claims(story) {
  return [unseen, useful, restored, clearance, recorded].flatMap((look) =>
    look(story).map(({ claim, holds, seen }) => ({ claim, holds: holds === true, seen })));
}
