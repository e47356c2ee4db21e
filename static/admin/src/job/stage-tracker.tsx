import type { JobPhase } from '../calls/contract';
import { STAGES, type StageStatus, stageStatus } from './describe';

const SPOKEN: Readonly<Record<StageStatus, string>> = {
  visited: 'done',
  current: 'now',
  unvisited: 'to come',
};

/** The stages of a job in their order, with the one it is in. */
export function StageTracker({ phase }: { phase: JobPhase }) {
  return (
    <ol className="stages" aria-label="Stages of the job">
      {STAGES.map((stage) => {
        const status = stageStatus(stage.phase, phase);
        return (
          <li
            className={`stage stage-${status}`}
            key={stage.phase}
            aria-current={status === 'current' ? 'step' : undefined}
          >
            {stage.label}
            <span className="hidden">, {SPOKEN[status]}</span>
          </li>
        );
      })}
    </ol>
  );
}
