/** A k-d tree in WebAssembly. Its bundler entry is wired up by hand, Node cannot import it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  installedVersion,
  loadPeer,
  type PeerAdapter,
  rowsOf,
  unitsOfText,
} from './support/adapter';

interface EmbeddedResource {
  id: string;
  title: string;
  url: string;
  embeddings: number[];
}

interface Voy {
  search(query: Float32Array, k: number): { neighbors: { id: string }[] };
  serialize(): string;
  free(): void;
}

interface VoyGlue {
  __wbg_set_wasm(exports: object): void;
  Voy: new (resource: { embeddings: EmbeddedResource[] }) => Voy;
}

interface WasmApi {
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
}

const GLUE = 'voy_search_bg.js';

export const adapter: PeerAdapter = {
  name: 'voy-search',
  isNative: false,
  version: installedVersion('voy-search'),
  async build(base, n, dims) {
    const { Voy } = await loadGlue();
    const embeddings = rowsOf(base, dims).map((row, i) => ({
      id: String(i),
      title: '',
      url: '',
      embeddings: [...row],
    }));
    const index = new Voy({ embeddings });
    return {
      search: (query, k) => index.search(query, k).neighbors.map(({ id }) => Number(id)),
      stored: () => {
        const bytes = index.serialize().length;
        const note = 'JSON, read whole; approximate without a knob';
        return { bytesPerVector: Math.round(bytes / n), coldUnits: unitsOfText(bytes), note };
      },
      close: () => index.free(),
    };
  },
};

async function loadGlue(): Promise<VoyGlue> {
  const glue = await loadPeer<VoyGlue>(`voy-search/${GLUE}`);
  const path = createRequire(import.meta.url).resolve('voy-search/voy_search_bg.wasm');
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };
  const module = new wasm.Module(readFileSync(path));
  glue.__wbg_set_wasm(new wasm.Instance(module, { [`./${GLUE}`]: glue }).exports);
  return glue;
}
