/** Reads from response headers how long a provider wants to be left alone. */

/**
 * In this order: `retry-after-ms`, `retry-after` (seconds or an HTTP date), then the reset times of
 * the rate limits: of those used up, or of all when none says so, the longest.
 *
 * Units: milliseconds from now, not negative; undefined when no header says anything readable.
 * Source: RFC 9110 section 10.2.3; OpenAI rate limit guide, headers table (2026-11-22).
 */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  if (headers === undefined) return undefined;
  const direct = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (Number.isFinite(direct)) return Math.max(0, direct);
  const after = headers.get('retry-after');
  if (after !== null) {
    const ms = /^\s*[\d.]+\s*$/.test(after) ? Number(after) * 1000 : Date.parse(after) - nowMs;
    if (Number.isFinite(ms)) return Math.max(0, ms);
  }
  return resetMs(headers);
}

function resetMs(headers: Headers): number | undefined {
  const resets = ['requests', 'tokens'].flatMap((unit) => {
    const ms = durationMs(headers.get(`x-ratelimit-reset-${unit}`));
    const remaining = headers.get(`x-ratelimit-remaining-${unit}`);
    return ms === undefined ? [] : [{ ms, usedUp: remaining === '0' }];
  });
  const usedUp = resets.filter((reset) => reset.usedUp);
  const times = (usedUp.length > 0 ? usedUp : resets).map((reset) => reset.ms);
  return times.length === 0 ? undefined : Math.max(...times);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `6m0s`, `1.5s`, `120ms`. */
function durationMs(text: string | null): number | undefined {
  if (text === null || !/^([\d.]+(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    total += Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? total : undefined;
}
