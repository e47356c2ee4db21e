import '@atlaskit/css-reset';
import './styles.css';
import { view } from '@forge/bridge';
import { createRoot } from 'react-dom/client';
import { App } from './app';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');

// Colours and type then follow what the reader has chosen in Jira. Without an answer the tokens'
// own fallbacks show, which are those of the light theme.
void view.theme.enable().catch(() => undefined);

createRoot(root).render(<App />);
