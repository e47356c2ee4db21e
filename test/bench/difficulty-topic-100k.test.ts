/** A file of its own, so that the two large workloads are measured side by side. */
import { it } from 'vitest';
import { expectDifficulty } from './expect-difficulty';

const WORKLOAD = 'topic-100k-1536';

it(`${WORKLOAD} is as hard as it was measured to be`, () => expectDifficulty(WORKLOAD), 180_000);
