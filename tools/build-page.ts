/** Builds the page of static/admin where its sources are newer. Run: npm run page */

import { ensurePage } from '../host/page-build';

await ensurePage((line) => console.log(line));
