import Lozenge from '@atlaskit/lozenge';
import type { JobState } from '../calls/contract';
import { stateLabel } from './describe';

export function StateLozenge({ state }: { state: JobState }) {
  const { label, tone } = stateLabel(state);
  return <Lozenge appearance={tone}>{label}</Lozenge>;
}
