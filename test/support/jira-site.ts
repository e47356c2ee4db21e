/** The Jira site of the tests of handlers: an admin, somebody with one project, and a stranger. */
import type { JiraSeed } from '../../emulator/jira/jira-site';

export const JIRA_SITE: JiraSeed = {
  users: [
    { accountId: 'admin', admin: true, projects: 'all' },
    { accountId: 'user', admin: false, projects: ['PAY'] },
    { accountId: 'stranger', admin: false, projects: [] },
  ],
  projects: [
    { key: 'PAY', name: 'Payments' },
    { key: 'HR', name: 'People' },
  ],
  issues: [
    {
      key: 'PAY-7',
      type: 'Story',
      summary: 'Ship the refund fix with the next release',
      description: 'Who has to approve the release, and when may it go out?',
      labels: ['release'],
    },
    { key: 'PAY-8', type: 'Bug', summary: 'Approval of a release is lost', description: '' },
    { key: 'HR-1', type: 'Task', summary: 'Plan the summer party', description: 'Cake.' },
  ],
};
