import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDiskEngine, openMemoryEngine } from '../../emulator/kvs/engine';
import { createEmulatorTarget } from '../conformance/emulator-target';
import { KVS_CASES, kvsConformanceCases } from '../conformance/kvs-cases';

describe('the storage service in memory', () => {
  kvsConformanceCases({ create: () => createEmulatorTarget('memory', openMemoryEngine) });
});

describe('the storage service on disk', () => {
  kvsConformanceCases({
    create: async () => {
      const directory = await mkdtemp(path.join(tmpdir(), 'groundwork-kvs-'));
      const remove = () => rm(directory, { recursive: true });
      return createEmulatorTarget('disk', () => openDiskEngine(directory), remove);
    },
  });
});

describe('the conformance cases', () => {
  it('have names of their own', () => {
    const names = KVS_CASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('may be skipped by an existing name only', () => {
    const create = () => createEmulatorTarget('memory', openMemoryEngine);
    const skip = [{ case: 'no such behaviour', reason: 'to show the refusal' }];
    expect(() => kvsConformanceCases({ create, skip })).toThrow('no such behaviour');
  });
});
