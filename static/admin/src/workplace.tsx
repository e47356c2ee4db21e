import Tabs, { Tab, TabList, TabPanel } from '@atlaskit/tabs';
import { useCallback, useState } from 'react';
import type { JobView, Library } from './calls/contract';
import { IndexTab } from './indexing/index-tab';
import { unfinishedJob } from './job/describe';
import { LibrariesTab } from './libraries/libraries-tab';
import { SearchTab } from './search/search-tab';

interface WorkplaceProps {
  site: { libraries: readonly Library[]; jobs: readonly JobView[] };
  onChanged(): void;
}

const INDEX_TAB = 0;

/** The three tabs. A job that is not over is shown to whoever comes back to the page. */
export function Workplace({ site: { libraries, jobs }, onChanged }: WorkplaceProps) {
  const [tab, setTab] = useState(INDEX_TAB);
  const [jobId, setJobId] = useState(() => unfinishedJob(jobs)?.jobId);
  const reindexed = useCallback((id: string) => {
    setJobId(id);
    setTab(INDEX_TAB);
  }, []);
  return (
    <Tabs id="workplace" selected={tab} onChange={setTab}>
      <TabList>
        <Tab>Index</Tab>
        <Tab>Libraries</Tab>
        <Tab>Search</Tab>
      </TabList>
      <TabPanel>
        <IndexTab
          libraries={libraries}
          jobs={jobs}
          jobId={jobId}
          onShow={setJobId}
          onChanged={onChanged}
        />
      </TabPanel>
      <TabPanel>
        <LibrariesTab libraries={libraries} onChanged={onChanged} onReindex={reindexed} />
      </TabPanel>
      <TabPanel>
        <SearchTab libraries={libraries} />
      </TabPanel>
    </Tabs>
  );
}
