/**
 * What indexing takes by size, on the local platform with real quotas and by the latency model:
 * `npm run bench -- reliability [CHUNKS…]`, 1,000 and 10,000 chunks unless others are named.
 */

import { indexAtScale } from './reliability/scale';
import { saveResult } from './report';

const sizes = process.argv.slice(3).map(Number);
const rows = [];
for (const chunks of sizes.length > 0 ? sizes : [1_000, 10_000]) {
  for (const refinements of chunks > 20_000 ? [0] : [0, 30]) {
    const row = await indexAtScale({ chunks, dimensions: 1536, refinements });
    console.log(JSON.stringify(row));
    rows.push(row);
  }
}
saveResult('reliability', rows);
