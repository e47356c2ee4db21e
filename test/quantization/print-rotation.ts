/** Run as a process of its own by rotation.test.ts: checksums of rotated numbers, by dimensions. */

import { crc32 } from 'node:zlib';
import { createRotation } from '../../src/quantization/rotation';
import { seededRandom } from '../../src/quantization/seeded-random';

const checksums = process.argv.slice(2).map((argument) => {
  const dimensions = Number(argument);
  const random = seededRandom(dimensions);
  const vector = Float32Array.from({ length: dimensions }, () => random() - 0.5);
  createRotation(dimensions).apply(vector, vector);
  return [dimensions, crc32(new Uint8Array(vector.buffer))];
});
console.log(JSON.stringify(Object.fromEntries(checksums)));
