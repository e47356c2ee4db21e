/**
 * Jobs under faults: three scripted jobs whose function dies, and whose platform fails, at each of
 * their calls; and simulated schedules. A loss is anything that is not as without the faults.
 * Run: npm run bench -- survival [SCHEDULES]
 */

import {
  CRASHES,
  FAILURES,
  runAmongReaders,
  runAtEveryCall,
  runUndisturbed,
} from '../test/support/disturbed-job';
import type { Reference } from '../test/support/disturbed-run';
import { runSchedules, SCHEDULES } from '../test/support/run-schedules';
import { FIRST, REBUILD, UPDATE } from '../test/support/scripted-jobs';
import { saveResult } from './report';

const COLUMNS =
  'what calls crashPoints failurePoints schedules faults deliveries generations reads losses'.split(
    ' ',
  );

const schedules = Number(process.argv[3] ?? SCHEDULES);
const losses: string[] = [];
const rows: object[] = [];
const first = await runUndisturbed(FIRST);
await disturb(first);
await disturb(await runUndisturbed(UPDATE, first));
await disturb(await runUndisturbed(REBUILD, first));
const { problems, ...totals } = await runSchedules(1, schedules, 1);
losses.push(...problems);
rows.push({ what: 'simulated schedules', ...totals, losses: problems.length });
console.table(rows, COLUMNS);
for (const loss of losses) console.error(loss);
if (losses.length > 0) process.exitCode = 1;
saveResult('survival', rows);

async function disturb(job: Reference): Promise<void> {
  const unread = await runAmongReaders(job);
  const crashes = await runAtEveryCall(job, CRASHES);
  const failures = await runAtEveryCall(job, FAILURES);
  const found = [...unread, ...crashes.problems, ...failures.problems];
  losses.push(...found);
  const row = {
    what: job.job.name,
    calls: job.calls.length,
    crashPoints: crashes.points,
    failurePoints: failures.points,
    losses: found.length,
  };
  console.log(JSON.stringify(row));
  rows.push(row);
}
