import Button from '@atlaskit/button/new';
import { type DragEvent, useRef, useState } from 'react';
import { filesOfDrop, filesOfInput } from '../files/browser-files';
import { ENDINGS } from '../files/choose-files';
import type { GivenFile } from '../files/split-files';

interface DropZoneProps {
  error: string | undefined;
  onFiles(files: GivenFile[]): void;
}

/** Takes files and folders: dropped, or chosen by one of two buttons. */
export function DropZone({ error, onFiles }: DropZoneProps) {
  const [isOver, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    onFiles(filesOfInput(input.files));
    // Otherwise choosing the same files again would go unnoticed.
    input.value = '';
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void filesOfDrop(event.dataTransfer).then(onFiles);
  };
  return (
    <div className="field">
      <span className="field-label" id="documents-label">
        Documents
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: no fieldset, since it is a target for drops. */}
      <div
        className={`drop-zone${isOver ? ' drop-zone-over' : ''}${error === undefined ? '' : ' drop-zone-wrong'}`}
        role="group"
        aria-labelledby="documents-label"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>Drop files or folders here</p>
        <div className="row row-centred">
          <Button onClick={() => files.current?.click()}>Choose files</Button>
          <Button onClick={() => folder.current?.click()}>Choose a folder</Button>
        </div>
        <p className="subtle">{ENDINGS.join(', ')}; up to 5 MB each</p>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label="Files"
          data-testid="files"
          accept={[...ENDINGS, '.json'].join(',')}
          onChange={(event) => take(event.currentTarget)}
        />
        <input
          ref={folder}
          type="file"
          multiple
          hidden
          aria-label="Folder"
          data-testid="folder"
          // React knows no such attribute; without it the dialog offers files instead of folders.
          {...{ webkitdirectory: '' }}
          onChange={(event) => take(event.currentTarget)}
        />
      </div>
      {error !== undefined && (
        <div className="field-error" role="alert">
          {error}
        </div>
      )}
    </div>
  );
}
