/**
 * Rates of one installation. Windows and why they slide: `rules.ts`.
 * Source of the rates: limits-kvs-ce, 2025-12-01, as data in `src/platform/limits.ts`.
 */
import {
  KVS_KEY_READ_BYTES_PER_SECOND,
  KVS_KEY_WRITE_BYTES_PER_SECOND,
  KVS_QUERY_BYTES_PER_SECOND,
  KVS_READ_UNITS_PER_MINUTE,
  KVS_REQUESTS_PER_SECOND,
  KVS_WRITE_UNITS_PER_MINUTE,
} from '../../src/platform/limits';
import { REQUEST_WINDOW_MS, THROUGHPUT_WINDOW_MS, UNIT_WINDOW_MS } from './rules';

export type Side = 'read' | 'write';
/** What the throughput limits count: reads and writes of a key, queries of an index value. */
export type Throughput = Side | 'query';

/** Bytes that a request moves at one key or index value. */
export interface Load {
  id: string;
  bytes: number;
}

const THROUGHPUT_BYTES: Readonly<Record<Throughput, number>> = {
  read: KVS_KEY_READ_BYTES_PER_SECOND,
  write: KVS_KEY_WRITE_BYTES_PER_SECOND,
  query: KVS_QUERY_BYTES_PER_SECOND,
};

class SlidingWindow {
  private readonly entries: { at: number; amount: number }[] = [];
  private sum = 0;

  constructor(
    private readonly durationMs: number,
    private readonly limit: number,
  ) {}

  /** A lone amount always fits: 100 query rows of 240 KiB could otherwise never be read. */
  fits(now: number, amount: number): boolean {
    this.forget(now);
    return this.entries.length === 0 || this.sum + amount <= this.limit;
  }

  add(now: number, amount: number): void {
    this.entries.push({ at: now, amount });
    this.sum += amount;
  }

  isIdle(now: number): boolean {
    this.forget(now);
    return this.entries.length === 0;
  }

  private forget(now: number): void {
    let oldest = this.entries[0];
    while (oldest !== undefined && oldest.at <= now - this.durationMs) {
      this.sum -= oldest.amount;
      this.entries.shift();
      oldest = this.entries[0];
    }
  }
}

/** Every method answers whether the amount is admitted, and counts it only when it is. */
export class InstallationQuota {
  private readonly requests = new SlidingWindow(REQUEST_WINDOW_MS, KVS_REQUESTS_PER_SECOND);
  private readonly units: Readonly<Record<Side, SlidingWindow>> = {
    read: new SlidingWindow(UNIT_WINDOW_MS, KVS_READ_UNITS_PER_MINUTE),
    write: new SlidingWindow(UNIT_WINDOW_MS, KVS_WRITE_UNITS_PER_MINUTE),
  };
  private readonly throughput = new Map<string, SlidingWindow>();
  private sweptAt = 0;

  admitRequest(now: number): boolean {
    return admit(this.requests, now, 1);
  }

  admitUnits(side: Side, units: number, now: number): boolean {
    return admit(this.units[side], now, units);
  }

  /** All loads or none. */
  admitLoads(kind: Throughput, loads: readonly Load[], now: number): boolean {
    this.sweep(now);
    const windows = loads.map((load) => this.windowOf(kind, load.id));
    const fit = loads.every((load, i) => windows[i]?.fits(now, load.bytes));
    if (fit) {
      loads.forEach((load, i) => {
        windows[i]?.add(now, load.bytes);
      });
    }
    return fit;
  }

  private windowOf(kind: Throughput, id: string): SlidingWindow {
    const name = `${kind}/${id}`;
    const known = this.throughput.get(name);
    if (known !== undefined) return known;
    const created = new SlidingWindow(THROUGHPUT_WINDOW_MS, THROUGHPUT_BYTES[kind]);
    this.throughput.set(name, created);
    return created;
  }

  /** Keeps the table of keys no larger than what was touched in the last window. */
  private sweep(now: number): void {
    if (now - this.sweptAt < THROUGHPUT_WINDOW_MS) return;
    this.sweptAt = now;
    for (const [name, window] of this.throughput) {
      if (window.isIdle(now)) this.throughput.delete(name);
    }
  }
}

function admit(window: SlidingWindow, now: number, amount: number): boolean {
  const fits = window.fits(now, amount);
  if (fits) window.add(now, amount);
  return fits;
}
