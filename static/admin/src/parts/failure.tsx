import SectionMessage from '@atlaskit/section-message';
import type { ReactNode } from 'react';
import { remedyFor } from '../text/remedies';

interface FailureProps {
  title: string;
  error: { code: string; message: string };
  children?: ReactNode;
}

/** What went wrong, its code, and what to do about it. */
export function Failure({ title, error, children }: FailureProps) {
  return (
    <div role="alert">
      <SectionMessage appearance="error" title={title}>
        <p>
          {error.message} <code className="code">{error.code}</code>
        </p>
        <p>{remedyFor(error.code)}</p>
        {children}
      </SectionMessage>
    </div>
  );
}
