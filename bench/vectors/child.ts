/** One workload, by its name; answers with a `VectorsMeasurement`. */

import { loadWorkload } from '../workloads/load';
import { readWorkload } from '../workloads/workload';
import { answerParent } from './in-child';
import { measureVectors } from './measure';

answerParent(async (name) => measureVectors(await loadWorkload(readWorkload(name))));
