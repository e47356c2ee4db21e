/** Runs simulated schedules as tests ask for them, and says how to replay those that went wrong. */
import { type SimulationReport, simulate } from './simulation';

/** How many schedules are run, all parts together; more for a longer look. */
export const SCHEDULES = Number(process.env['GROUNDWORK_SCHEDULES'] ?? 2_000);
/** One schedule alone, with everything that happens in it. */
export const SEED = process.env['GROUNDWORK_SEED'];

export interface ScheduleTotals {
  schedules: number;
  faults: number;
  deliveries: number;
  generations: number;
  reads: number;
  outcomes: Record<string, number>;
  /** What went wrong, with the command that shows it again. */
  problems: string[];
}

/** Every `step`th seed from the first on. */
export async function runSchedules(
  first: number,
  last: number,
  step: number,
  told: (report: SimulationReport) => void = () => undefined,
): Promise<ScheduleTotals> {
  const totals: ScheduleTotals = {
    schedules: 0,
    faults: 0,
    deliveries: 0,
    generations: 0,
    reads: 0,
    outcomes: {},
    problems: [],
  };
  for (let seed = first; seed <= last; seed += step) {
    const report = await simulate(seed);
    totals.schedules += 1;
    for (const count of ['faults', 'deliveries', 'generations', 'reads'] as const) {
      totals[count] += report[count];
    }
    for (const outcome of report.outcomes) {
      totals.outcomes[outcome] = (totals.outcomes[outcome] ?? 0) + 1;
    }
    totals.problems.push(...report.problems.map((problem) => `${replayOf(seed)}: ${problem}`));
    told(report);
  }
  return totals;
}

function replayOf(seed: number): string {
  return `GROUNDWORK_SEED=${seed} npx vitest run test/jobs/simulation.test.ts`;
}
