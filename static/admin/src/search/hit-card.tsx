import Lozenge from '@atlaskit/lozenge';
import type { Hit } from '../calls/contract';

interface HitCardProps {
  hit: Hit;
  rank: number;
}

/** A passage with its score and where it stands. Its text is text, never markup. */
export function HitCard({ hit, rank }: HitCardProps) {
  const { score, applies, library, document, headings, text } = hit;
  return (
    <li className="panel hit">
      <div className="row row-apart">
        <h3 className="subheading">
          {rank}. {[library, document, ...headings].join(' › ')}
        </h3>
        <span className="row row-close">
          <span className="subtle">score {score.toFixed(3)}</span>
          <Lozenge appearance={applies ? 'success' : 'default'}>
            {applies ? 'applies' : 'below threshold'}
          </Lozenge>
        </span>
      </div>
      <div className="passage">{text}</div>
    </li>
  );
}
