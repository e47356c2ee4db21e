import SectionMessage from '@atlaskit/section-message';
import Spinner from '@atlaskit/spinner';
import type { ReactNode } from 'react';
import { call } from './calls/call';
import { Failure } from './parts/failure';
import { useLoaded } from './parts/use-loaded';
import { Workplace } from './workplace';

/** Libraries and jobs are asked for side by side; both are for administrators. */
async function loadSite() {
  const [{ libraries }, { jobs }] = await Promise.all([
    call('listLibraries', {}),
    call('listJobs', {}),
  ]);
  return { libraries, jobs };
}

/** The page: for administrators its tabs, for anyone else the reason why there are none. */
export function App() {
  const { value: site, error, reload } = useLoaded(loadSite);
  return <main className="page">{content()}</main>;

  function content(): ReactNode {
    if (error?.code === 'not_permitted') {
      return (
        <SectionMessage appearance="warning" title="For Jira administrators only">
          <p>Indexing instructions needs the permission to administer Jira.</p>
          <p>Ask an administrator of your site.</p>
        </SectionMessage>
      );
    }
    return (
      <>
        <h1 className="title">Index instructions</h1>
        {error !== undefined && <Failure title="The app could not be asked" error={error} />}
        {site === undefined && error === undefined && <Spinner size="large" label="Loading" />}
        {site !== undefined && <Workplace site={site} onChanged={reload} />}
      </>
    );
  }
}
