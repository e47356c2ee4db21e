/** One size of handbook-like vectors, as `n x dims`; answers with a `VectorsMeasurement`. */

import { answerParent } from '../vectors/in-child';
import { measureVectors } from '../vectors/measure';
import { loadWorkload } from '../workloads/load';
import { syntheticWorkload } from '../workloads/workload';

const QUERIES = 200;
const SEED = 1;

answerParent(async (size) => {
  const [n = 0, dims = 0] = size.split(' x ').map(Number);
  const workload = syntheticWorkload({ kind: 'hier', n, dims, queries: QUERIES, seed: SEED });
  return measureVectors(await loadWorkload(workload));
});
