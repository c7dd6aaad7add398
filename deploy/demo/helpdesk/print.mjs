// The story for a person.
import { PHASES, SOURCES } from './report.mjs';

/** Columns, aligned, all but the first to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (column > 0 ? text.padStart(widths[column]) : text.padEnd(widths[column]));
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}

const ms = (time) => (time === undefined ? '-' : `${time.toFixed(0)} ms`);
const percent = (part) => `${(100 * part).toFixed(1)}%`;

/** One line for each part of the day. */
function parts({ phases, day, touched }) {
  const head = ['', 'asked', 'answered', 'without server', ...SOURCES, 'wrong', 'p50', 'p95'];
  const row = (name, { asked, answered, share, from, wrong, latency }) => [
    name,
    String(asked),
    String(answered),
    percent(share),
    ...SOURCES.map((source) => String(from[source])),
    String(wrong),
    ms(latency.all.p50),
    ms(latency.all.p95),
  ];
  const rows = PHASES.map((name) => row(name, phases[name]));
  return table([head, ...rows, row('all day', day), row('  with a personal touch', touched)]);
}

/** How long an answer takes, by where it comes from. */
function latencies({ day }) {
  const known = SOURCES.filter((source) => day.latency[source].calls > 0);
  const rows = known.map((source) => [source, ms(day.latency[source].p50), ms(day.latency[source].p95)]);
  return table([['answers from', 'p50', 'p95'], ...rows]);
}

/** @returns {string} all of it, for standard output */
export function print(story) {
  const { host, release, employees, cache, took, day, again, seen, wrongs, claims, ok } = story;
  const bad = claims.filter(({ holds }) => !holds).length;
  const build = release ? '' : ', development build';
  const [morning, outage, afternoon] = PHASES.map((name) => (took[name] / 1_000).toFixed(0));
  return [
    `${employees} employees ask an IT help desk, on ${host}${build}; cache: ${cache.mode}${cache.model ? `, ${cache.model}` : ''}`,
    `morning ${morning} s, outage ${outage} s, afternoon ${afternoon} s`,
    '',
    parts(story),
    '',
    latencies(story),
    '',
    `The server saw ${seen.searches} searches of ${day.asked}, and ${seen.tickets.written} tickets.`,
    `${again} questions had been asked before, greetings and names aside; ${day.withoutBackend} were answered without the server.`,
    ...wrongs.map(({ question, wanted, got, by }) => `wrong: ${JSON.stringify(question)} is ${wanted}, got ${got} (${by})`),
    '',
    ...claims.map(({ claim, holds, seen: what }) => `${holds ? 'ok    ' : 'FAILED'}  ${claim}: ${what}`),
    ok ? `all ${claims.length} claims hold` : `${bad} of ${claims.length} claims do not hold`,
    '',
  ].join('\n');
}
