import Button from '@atlaskit/button/new';
import ProgressBar from '@atlaskit/progress-bar';
import { Failure } from '../parts/failure';
import { bytes } from '../text/format';
import type { RunningUpload } from './use-upload';

interface UploadPanelProps {
  upload: RunningUpload;
  onRetry(): void;
  onDiscard(): void;
}

/** Documents on their way to the app. */
export function UploadPanel({ upload, onRetry, onDiscard }: UploadPanelProps) {
  const { library, progress, error } = upload;
  const share = progress === undefined ? 0 : progress.sentBytes / Math.max(1, progress.bytes);
  const text =
    progress === undefined
      ? 'The job is being created.'
      : `${bytes(progress.sentBytes)} of ${bytes(progress.bytes)} uploaded.`;
  return (
    <section className="panel stack" aria-label="Upload">
      <h2 className="heading">{library}</h2>
      {error === undefined ? (
        <>
          <ProgressBar ariaLabel={text} value={share} />
          <p aria-live="polite">{text}</p>
          <p className="subtle">Keep this page open until the upload is through.</p>
        </>
      ) : (
        <Failure title="The upload stopped" error={error} />
      )}
      <div className="row">
        {error !== undefined && (
          <Button appearance="primary" onClick={onRetry}>
            Go on
          </Button>
        )}
        <Button onClick={onDiscard}>Discard</Button>
      </div>
    </section>
  );
}
