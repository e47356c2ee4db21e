/** `groundwork delete`: a document, a library or everything. */

import { PROVIDER_SECRETS } from '../../src/embedding/create-provider';
import { GroundworkError } from '../../src/errors';
import { deleteDocument } from '../../src/index/delete';
import { deleteEverything, deleteLibrary } from '../../src/jobs/delete-all';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { print } from '../output';

interface DeleteOptions extends CommonOptions {
  document?: string;
  library?: string;
  all?: boolean;
}

export async function deleteCommand(options: DeleteOptions): Promise<void> {
  const { document, library, all } = options;
  const { what, stored } = await withSite(siteOf(options), async (site) => {
    const { result } = await site.run('delete', async (platform) => {
      if (all === true) {
        const { libraries } = await deleteEverything(platform, PROVIDER_SECRETS);
        return `everything (${libraries} libraries)`;
      }
      if (library === undefined) throw nothingNamed();
      if (document === undefined) {
        await deleteLibrary(platform, library);
        return `library "${library}"`;
      }
      const { chunks } = await deleteDocument(platform, { library, document });
      return `document "${document}" of library "${library}" (${chunks} chunks)`;
    });
    return { what: result, stored: await site.stats() };
  });
  const { keys, bytes } = stored;
  print(options.json, { deleted: what, keys, bytes }, [
    `deleted ${what}; ${keys} keys, ${bytes} bytes remain`,
  ]);
}

function nothingNamed(): GroundworkError {
  return new GroundworkError({
    code: 'nothing_named',
    message:
      'delete: nothing was named; give --document NAME --library NAME, --library NAME, or --all',
  });
}
