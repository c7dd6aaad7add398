// The books of an invented operator of telephones: its customers, their bills, what its support has written down. Cards are
// the networks' published test numbers, accounts those of the IBAN registry's examples, and nobody has the other numbers.

const customer = (id, fullName, email, phone, [street, postcode, city, country], contract, iban) => ({
  id,
  fullName,
  email,
  phone,
  address: { street, postcode, city, country },
  contract,
  iban,
});

export const customers = new Map(
  [
    customer('C-1001', 'Amina Haddad', 'a.haddad.69@example.com', '+33 1 99 00 12 34',
      ['14 rue des Lilas', '69003', 'Lyon', 'FR'], 'KV-40217739', 'FR1420041010050500013M02606'),
    customer('C-1002', 'Youssef Haddad', 'youssef@example.org', '+33 1 99 00 56 78',
      ['14 rue des Lilas', '69003', 'Lyon', 'FR'], 'KV-40217747', 'FR7630006000011234567890189'),
    customer('C-1003', 'Jonas Weber', 'post@weber.example.net', '+49 30 23125 456',
      ['Lindenstraße 88', '10969', 'Berlin', 'DE'], 'KV-55100929', 'DE89370400440532013000'),
    customer('C-1004', 'Margaret Doyle', 'm.doyle@mail.example.com', '+1 212 555 0143',
      ['350 Canal Street', '10013', 'New York', 'US'], 'KV-61300455', 'GB29NWBK60161331926819'),
  ].map((one) => [one.id, one]),
);

const VISA = { brand: 'visa', number: '4111111111111111', expires: '11/28' };
const MASTERCARD = { brand: 'mastercard', number: '5555555555554444', expires: '04/29' };
const AMEX = { brand: 'amex', number: '378282246310005', expires: '08/27' };

/** Two of a family pay by one card. Order numbers have 16 digits, as cards have; no card's check digit is right in them. */
const bill = (id, customerId, invoice, order, date, card, [net, tax, total], reading) => [
  id,
  {
    id,
    invoice,
    order,
    date,
    customer: customers.get(customerId),
    card,
    lines: [
      { text: 'Fibre 500', amount: (net - 4.2).toFixed(2) },
      { text: 'Roaming', amount: '4.20' },
    ],
    net,
    tax,
    total,
    currency: 'EUR',
    meter: { reading, serial: '1EMH0010472531' },
    status: 'paid',
  },
];

export const bills = new Map([
  bill('B-7001', 'C-1001', 'RE-2026-004711', '4500117733002186', '2026-10-01', VISA, [44.9, 8.98, 53.88], 104_472),
  bill('B-7002', 'C-1001', 'RE-2026-005209', '4500117733002905', '2026-11-01', VISA, [47.15, 9.43, 56.58], 109_310),
  bill('B-7003', 'C-1002', 'RE-2026-005210', '4500117733002913', '2026-11-01', VISA, [19.9, 3.98, 23.88], 20_117),
  bill('B-7004', 'C-1003', 'RE-2026-005377', '4500118020000418', '2026-11-02', MASTERCARD, [29.9, 5.68, 35.58], 88_001),
  bill('B-7005', 'C-1004', 'RE-2026-005401', '4500118020000622', '2026-11-02', AMEX, [676.0, 0, 676.0], 1_204_551),
]);

/** Tariffs have numbers of articles, which some take for numbers of cards: their check digit is made the same way. */
export const tariffs = [
  { name: 'Fibre 500', article: '4026000000010019' },
  { name: 'Mobile L', article: '4026000000010027' },
];

/** What an example in the description of a tool shows. */
export const EXAMPLE_CARD = '4000056655665556';

export const ssn = new Map([['C-1004', '536-22-1234']]);

const base64 = (text) => Buffer.from(text).toString('base64');
const spaced = (number) => number.replace(/(\d{4})(?=\d)/g, '$1 ');

/** What support has written down of a customer: in prose, in base64, and as an attachment. */
export function notes({ id, fullName, email, phone, contract, iban }) {
  const { card } = [...bills.values()].find(({ customer: { id: of } }) => of === id);
  const social = ssn.has(id) ? ` SSN on file: ${ssn.get(id)}.` : '';
  return {
    prose:
      `2026-11-03 called back on phone ${phone} about RE-2026-005209. Paid by card ${spaced(card.number)}, wants receipts ` +
      `at ${email}; account ${iban}, contract ${contract}.${social} Refund of 4.20 promised for order 4500117733002905.`,
    encoded: `forwarded: ${base64(`From: ${email}\nPlease use my card ${card.number} for the contract ${contract}.`)}`,
    csv: ['full_name,email,phone,card,amount', `${fullName},${email},${phone},${card.number},4.20`, ''].join('\n'),
  };
}

/** Every value that is somebody's, by its kind. */
export function values() {
  const people = [...customers.values()];
  const all = {
    card: [...new Set([...bills.values()].map(({ card }) => card.number)), EXAMPLE_CARD],
    email: people.map(({ email }) => email),
    phone: people.map(({ phone }) => phone),
    name: people.map(({ fullName }) => fullName),
    street: people.map(({ address }) => address.street),
    iban: people.map(({ iban }) => iban),
    contract: people.map(({ contract }) => contract),
    ssn: [...ssn.values()],
  };
  return Object.entries(all).flatMap(([kind, of]) => [...new Set(of)].map((value) => ({ kind, value })));
}
