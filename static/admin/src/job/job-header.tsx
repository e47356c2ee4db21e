import type { JobView } from '../calls/contract';
import { time } from '../text/format';
import { StateLozenge } from './state-lozenge';

/** Which job this is, and how it stands. */
export function JobHeader({ view }: { view: JobView }) {
  return (
    <div className="row row-apart">
      <h2 className="heading">
        {view.library} <StateLozenge state={view.state} />
      </h2>
      <span className="subtle">Started {time(view.createdAt)}</span>
    </div>
  );
}
