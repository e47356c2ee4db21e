import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import type { InstallationQuota, Load, Side, Throughput } from './quota';
import { KvsRefusal } from './refusal';

/**
 * What one request costs. A request is rounded up to whole units once, however many keys it has.
 * Whether a refused request costs is documented nowhere: here one that the service had to look
 * up or write for (KEY_NOT_FOUND, KEY_CONFLICT, CONDITIONAL_CHECK_FAILED) does, and one that is
 * malformed or over a rate does not.
 */
export class RequestMeter {
  bytesRead = 0;
  bytesWritten = 0;
  readUnits = 0;
  writeUnits = 0;

  /** Without a quota everything is admitted and still counted. */
  constructor(
    private readonly quota: InstallationQuota | undefined,
    private readonly now: number,
    private readonly rateCode: string,
  ) {}

  /** Counts the request as a whole. Call it once a request, before anything is written. */
  charge(side: Side, bytes: number): void {
    const units = Math.max(1, Math.ceil(bytes / KVS_UNIT_BYTES));
    if (this.quota?.admitUnits(side, units, this.now) === false) {
      throw this.refusal(`${side} units of this minute`);
    }
    if (side === 'read') {
      this.bytesRead += bytes;
      this.readUnits += units;
    } else {
      this.bytesWritten += bytes;
      this.writeUnits += units;
    }
  }

  requireLoads(kind: Throughput, loads: readonly Load[]): void {
    if (!this.admitsLoads(kind, loads)) throw this.refusal(`${kind} throughput of a key`);
  }

  admitsLoads(kind: Throughput, loads: readonly Load[]): boolean {
    return this.quota?.admitLoads(kind, loads, this.now) !== false;
  }

  refusal(what: string): KvsRefusal {
    return new KvsRefusal(429, this.rateCode, `The installation has used up its ${what}`);
  }
}
