import SectionMessage from '@atlaskit/section-message';
import type { Calls } from '../calls/contract';
import { counted } from '../text/format';
import { HitCard } from './hit-card';

/** What a search found, or plainly that nothing of it applies. */
export function SearchResults({ found }: { found: Calls['search']['gives'] }) {
  const { applies, hits, notes } = found;
  const applying = hits.filter((hit) => hit.applies).length;
  return (
    <section className="stack" aria-label="Results">
      <div role="status">
        {applies ? (
          <p>{counted(applying, 'passage')} that a refinement would be grounded in.</p>
        ) : (
          <SectionMessage appearance="warning" title="No instruction reaches the threshold">
            <p>
              A refinement of this would say that no instruction applies.
              {hits.length > 0 && ' The nearest passages are shown all the same.'}
            </p>
          </SectionMessage>
        )}
      </div>
      {notes.map(({ kind, library, message }) => (
        <SectionMessage key={`${kind} ${library}`} appearance="information">
          <p>{message}</p>
        </SectionMessage>
      ))}
      <ol className="hits">
        {hits.map((hit, position) => (
          <HitCard
            key={`${hit.library} ${hit.document} ${hit.start}`}
            hit={hit}
            rank={position + 1}
          />
        ))}
      </ol>
    </section>
  );
}
