// The employees: who asks what, in which words. All of it is the same at every start.
import { seeded } from '../seeded.mjs';

/** First names; an employee is one of them and a number. */
export const names = [
  'Aisha', 'Alan', 'Amelia', 'Andrzej', 'Beatriz', 'Bram', 'Carmen', 'Chidi', 'Clara', 'Daan', 'Dimitri', 'Elif', 'Emeka',
  'Esther', 'Fatima', 'Femke', 'Frank', 'Giulia', 'Hamid', 'Hannah', 'Ibrahim', 'Ingrid', 'Jasper', 'Joanna', 'Jorge', 'Kaito',
  'Karin', 'Leila', 'Liam', 'Lotte', 'Magda', 'Marek', 'Mei', 'Mohamed', 'Nadia', 'Niels', 'Olga', 'Oliver', 'Pieter', 'Priya',
  'Rachel', 'Ravi', 'Rosa', 'Ruth', 'Samir', 'Sanne', 'Sofia', 'Stefan', 'Tariq', 'Thomas', 'Ursula', 'Valeria', 'Victor',
  'Wei', 'Willem', 'Yara', 'Yusuf', 'Zoe',
];
export const greetings = ['Hi', 'Hello', 'Good morning', 'Hi there', 'Hey', 'Dear help desk', 'Good afternoon'];
export const thanks = ['Thanks', 'Thank you', 'Regards', 'Cheers', 'Many thanks', 'Best'];

/** The part of all questions that no article answers, and of those to which an employee adds a touch of their own. */
const UNANSWERED = 0.04;
const TOUCHED = 0.4;
/** The part of employees who ask a second question. */
const TWICE = 0.5;

const pick = (random, list) => list[Math.floor(random() * list.length)];

/** What somebody may do to a question without changing what it asks. */
const TOUCHES = [
  (text, _, random) => `${pick(random, greetings)}, ${text}`,
  (text, name, random) => `${pick(random, greetings)}, this is ${name}. ${text}`,
  (text, name, random) => `${text} ${pick(random, thanks)}, ${name}`,
  (text, name) => `${text} - ${name}`,
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text, _, random) => text.split(' ').join(random() < 0.5 ? '  ' : ' \n'),
  (text) => `  ${text} `,
];

/** `list` in an order of its own (Fisher and Yates). */
function shuffled(random, list) {
  const all = [...list];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}

/** Draws from `list` as Zipf says: the second half as often as the first, the third a third as often. */
function zipf(random, list) {
  const weights = list.map((_, at) => 1 / (at + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return () => {
    let left = random() * sum;
    const at = weights.findIndex((weight) => (left -= weight) < 0);
    return list.at(at);
  };
}

/**
 * The employees of a day, in the order in which they come.
 *
 * @param {number} count
 * @param {{articles: {id: string, wordings: string[]}[], unanswered: string[]}} knowledge
 * @returns {{name: string, number: number, questions: {text: string, truth?: string, touched: boolean}[]}[]} `truth` is the
 *   article that answers a question, if any does
 */
export function employees(count, { articles, unanswered }) {
  const order = shuffled(seeded('what people ask'), articles);
  return Array.from({ length: count }, (_, number) => {
    const random = seeded(`employee ${number}`);
    const draw = zipf(random, order);
    const name = pick(random, names);
    const ask = () => {
      const article = random() < UNANSWERED ? undefined : draw();
      const text = pick(random, article?.wordings ?? unanswered);
      const touched = random() < TOUCHED;
      return { text: touched ? pick(random, TOUCHES)(text, name, random) : text, truth: article?.id, touched };
    };
    return { name, number, questions: random() < TWICE ? [ask(), ask()] : [ask()] };
  });
}
