/** The ladder of one workload, by its name; answers with its rows. */

import { answerParent } from '../vectors/in-child';
import { loadWorkload } from '../workloads/load';
import { readWorkload } from '../workloads/workload';
import { climbLadder } from './climb';

answerParent(async (name) => climbLadder(await loadWorkload(readWorkload(name))));
