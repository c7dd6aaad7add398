// What the help desk of an invented company knows: its articles, the wordings in which employees ask for each, and questions
// that no article answers. With the wordings comes the truth: which article answers which question.
import { readFileSync } from 'node:fs';
import { greetings, names, thanks } from './people.mjs';

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const TOPICS = ['accounts', 'network', 'software', 'mail', 'devices'];

/** @type {{id: string, title: string, answer: string[], wordings: string[]}[]} */
export const articles = TOPICS.flatMap((topic) => read(`articles/${topic}.json`));
/** @type {string[]} */
export const unanswered = read('unanswered.json');

/** The longest first, so that none hides another. */
const any = (texts) => texts.toSorted((a, b) => b.length - a.length).map((text) => text.toLowerCase()).join('|');
const OPENING = new RegExp(`^(?:(?:${any(greetings)})[,!.]? (?:this is (?:${any(names)})[,.] )?)+`);
const CLOSING = new RegExp(`[ ,.!?]*(?:(?:${any(thanks)}),? |- ?)(?:${any(names)})[ .!]*$`);

/** A question in the form in which it is the same question for any cache: without capitals and surplus blanks. */
export const folded = (question) => question.toLowerCase().replace(/\s+/gu, ' ').trim();

/** A question without what is its asker's: greeting, name, capitals, blanks, signs at its end. */
export function plain(question) {
  return folded(question).replace(OPENING, '').replace(CLOSING, '').replace(/[ .!?:(]+$/u, '');
}

/** The articles by the plain form of every wording. */
function byWording() {
  const found = new Map();
  const put = (wording, article) => {
    const key = plain(wording);
    if (found.has(key)) throw new Error(`two wordings are alike: ${wording}`);
    found.set(key, article);
  };
  for (const article of articles) article.wordings.forEach((wording) => put(wording, article));
  unanswered.forEach((question) => put(question, undefined));
  return found;
}
const index = byWording();

/** The article that answers a question, or nothing. */
export const articleFor = (question) => index.get(plain(question));
