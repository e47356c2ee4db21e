import Button from '@atlaskit/button/new';
import type { Selection } from '../files/choose-files';
import { bytes, counted } from '../text/format';
import { remedyFor } from '../text/remedies';

interface ChosenFilesProps {
  selection: Selection;
  onClear(): void;
}

/** What has been chosen so far, and what was left out and why. */
export function ChosenFiles({ selection: { files, leftOut }, onClear }: ChosenFilesProps) {
  if (files.length === 0 && leftOut.length === 0) return null;
  const size = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <div className="stack-tight">
      <div className="row row-apart">
        <p role="status">
          <strong>{counted(files.length, 'document')}</strong> chosen, {bytes(size)}
        </p>
        <Button appearance="subtle" spacing="compact" onClick={onClear}>
          Clear
        </Button>
      </div>
      {files.length > 0 && (
        <details>
          <summary>Show them</summary>
          <ul className="names">
            {files.map(({ name, sizeBytes }) => (
              <li key={name}>
                {name} <span className="subtle">{bytes(sizeBytes)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {leftOut.length > 0 && (
        <details>
          <summary>{counted(leftOut.length, 'file')} left out</summary>
          <ul className="names">
            {leftOut.map(({ name, code }) => (
              <li key={name}>
                {name} <span className="subtle">{remedyFor(code)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
