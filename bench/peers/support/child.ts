/** One peer on one workload in a process of its own, so that memory and crashes are its own. */

import { join } from 'node:path';
import { loadFiles } from '../../workloads/load';
import { wholeOf } from '../../workloads/vector-source';
import type { PeerAdapter } from './adapter';
import { measurePeer } from './measure';

/** What the parent asks for. */
export interface PeerTask {
  /** File of the adapter, without its ending. */
  peer: string;
  workload: string;
  /** Folder with base.f32, queries.f32 and truth.i32. */
  folder: string;
  dims: number;
  recallMin: number;
}

process.once('message', async (task: PeerTask) => {
  const { adapter } = (await import(`../${task.peer}.ts`)) as { adapter: PeerAdapter };
  const { folder, dims, workload, recallMin } = task;
  const files = {
    base: join(folder, 'base.f32'),
    queries: join(folder, 'queries.f32'),
    truth: join(folder, 'truth.i32'),
    dims,
  };
  const { base, ...loaded } = await loadFiles(files, { holdBytesMax: 0 });
  const input = { ...loaded, base: wholeOf(base) };
  process.send?.(await measurePeer(adapter, workload, input, recallMin));
  process.disconnect();
});
