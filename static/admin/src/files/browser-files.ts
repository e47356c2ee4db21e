/** Files as the browser gives them: chosen in a dialog, or dropped, folders too. */
import { documentName } from './choose-files';
import type { GivenFile } from './split-files';

/** Files of an input, which names a chosen folder in `webkitRelativePath`. */
export function filesOfInput(list: FileList | null): GivenFile[] {
  return [...(list ?? [])].map((file) => given(file, file.webkitRelativePath || file.name));
}

/** Files of a drop, and all below the folders of it. */
export async function filesOfDrop(transfer: DataTransfer): Promise<GivenFile[]> {
  // The list is emptied once the event has been handled: entries are taken before any waiting.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found: GivenFile[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

function given(file: File, path: string): GivenFile {
  return {
    name: documentName(path),
    sizeBytes: file.size,
    read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()),
  };
}

async function collect(entry: FileSystemEntry, found: GivenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push(given(file, entry.fullPath));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const read = () =>
    new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  // A reader gives a hundred entries at a time, and none when it is through.
  for (let batch = await read(); batch.length > 0; batch = await read()) {
    for (const below of batch) await collect(below, found);
  }
}
