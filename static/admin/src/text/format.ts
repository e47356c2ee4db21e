/** Figures as people read them. One language, so that every site shows the same. */

const COUNT = new Intl.NumberFormat('en-US');
const TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** 12345 → "12,345". */
export function count(value: number): string {
  return COUNT.format(value);
}

/** "1 document", "2 documents", "1,204 libraries". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Bytes in the largest unit that leaves a figure of at least 1; a kilobyte is 1,000 bytes. */
export function bytes(value: number): string {
  if (value < 1000) return counted(value, 'byte');
  if (value < 1_000_000) return `${count(Math.round(value / 1000))} KB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** A length of time in its two largest units: "45 s", "3 min 20 s", "2 h 5 min", "1 d 3 h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND_MS));
  const whole = seconds * SECOND_MS;
  if (whole < MINUTE_MS) return `${seconds} s`;
  if (whole < HOUR_MS) return two(whole, [MINUTE_MS, 'min'], [SECOND_MS, 's']);
  if (whole < DAY_MS) return two(whole, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
  return two(whole, [DAY_MS, 'd'], [HOUR_MS, 'h']);
}

/** US dollars; small amounts keep two significant figures instead of showing as nothing. */
export function money(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 0.1) return `$${usd.toFixed(2)}`;
  if (usd < 0.0001) return 'less than $0.0001';
  return `$${Number(usd.toPrecision(2))}`;
}

/** A share of 0 to 1 as a whole percentage; 100 % only when nothing is left. */
export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

/** A point in time, in the reader's own time zone. */
export function time(epochMs: number): string {
  return TIME.format(epochMs);
}

function two(ms: number, large: [number, string], small: [number, string]): string {
  const [largeMs, largeUnit] = large;
  const [smallMs, smallUnit] = small;
  const rest = Math.floor((ms % largeMs) / smallMs);
  const head = `${count(Math.floor(ms / largeMs))} ${largeUnit}`;
  return rest === 0 ? head : `${head} ${rest} ${smallUnit}`;
}
