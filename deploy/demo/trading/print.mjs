// The story for a person.

/** Text in lines of at most `width` letters, all but the first moved right. */
function wrapped(text, width, indent) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** Columns, aligned; those named in `right` to the right. */
function table(rows, right) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (right.includes(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]));
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

const UNITS = [[1_000, 1, 'ms'], [120_000, 1_000, 's'], [Infinity, 3_600_000, 'h']];

/** Times from the least to the most, in the unit of the latter; `undefined` for "never". */
function range(times) {
  if (!times) return 'never';
  const [, one, unit] = UNITS.find(([below]) => times[1] < below);
  const shown = times.map((ms) => (one === 1 ? String(ms) : (ms / one).toFixed(1)));
  return `${shown[0] === shown[1] ? shown[0] : shown.join('-')} ${unit}`;
}

const time = (ms) => range([ms, ms]);

function refused(rules) {
  return rules.map(({ rule, times, retryMs }) => `${times}x ${rule} (${range(retryMs)})`).join(', ') || '-';
}

function agentRows(agents) {
  const head = ['agent', 'what it does', 'asked', 'got', 'stopped', 'spent', 'refused by (told to come back in)'];
  const rows = agents.map(({ name, purpose, asked, carriedOut, stopped, spent, refused: rules }) => [
    name,
    purpose,
    String(asked),
    String(carriedOut),
    stopped > 0 ? String(stopped) : '-',
    `$${spent.toFixed(3)}`,
    refused(rules),
  ]);
  return table([head, ...rows], [2, 3, 4, 5]);
}

function loopText({ name, purpose, loop }) {
  const after = loop.traces > 0 ? `, goes on under ${loop.traces} fresh trace ids, then refused ${loop.refused}x` : '';
  return [
    `${name} ${purpose}: ${loop.carriedOut} calls carried out, stopped at call ${loop.atCall}, after ` +
      `${time(loop.afterMs)}, by the rule "${loop.rule}";`,
    `  stopped ${loop.stopped}x in all${after}. Its model was told:`,
    `    ${wrapped(loop.told, 110, 4)}`,
  ].join('\n');
}

/** @returns {string} all of it, for standard output */
export function print({ host, agents, ledger, lease, claims, ok }) {
  const { pace, places } = ledger.limits;
  const tools = Object.entries(ledger.tools).map(([tool, count]) => `${tool} ${count}`);
  const verdict = ok
    ? `all ${claims.length} claims hold`
    : `${claims.filter(({ holds }) => !holds).length} of ${claims.length} claims do not hold`;
  return [
    `${agents.length} agents of a trading desk for ${time(Math.max(...agents.map(({ endedMs }) => endedMs)))}, on ${host}`,
    '',
    agentRows(agents),
    '',
    ...agents.filter(({ loop }) => loop).map(loopText),
    '',
    `The ledger saw ${ledger.calls} calls (${tools.join(', ')}):`,
    `  at most ${ledger.mostInASecond} in a second; its limit is ${pace.limit} a second, and ${pace.burst} on top at once`,
    `  at most ${ledger.mostAtOnce} at the same time; its limit is ${places.limit}`,
    `${lease.rule} counted ${lease.calls} calls, ${lease.ofBlocks} of them from borrowed blocks, without asking its account`,
    '',
    ...claims.map(({ claim, holds, seen }) => `${holds ? 'ok    ' : 'FALSE '}  ${claim}: ${seen}`),
    verdict,
    '',
  ].join('\n');
}
