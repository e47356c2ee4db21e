/** The text of a Jira item: what is searched for, and what the prompt shows of it. */

import { parseDocument } from '../chunking/parse-document';
import { GroundworkError } from '../errors';
import type { JiraIssue, JsonValue } from '../platform/ports';

/** UTF-16 units of a description that take part in a search; the rest rarely says what it is. */
const QUERY_DESCRIPTION_CHARACTERS_MAX = 4_000;

/** Plain text of a description that is a string, an ADF document, or missing; may be empty. */
export function descriptionText(description: JsonValue): string {
  if (typeof description === 'string') return description;
  if (description === null || typeof description !== 'object') return '';
  const content = JSON.stringify(description);
  try {
    return parseDocument({ name: 'description', content, format: 'adf' }).text;
  } catch (error) {
    // An empty document is refused; an item whose description holds only a picture is not.
    if (GroundworkError.isInstance(error) && error.code === 'document_empty') return '';
    throw error;
  }
}

/** What is embedded to find the instructions that bear on the item. */
export function queryTextOf(issue: JiraIssue): string {
  const description = descriptionText(issue.description).slice(0, QUERY_DESCRIPTION_CHARACTERS_MAX);
  return [issue.summary, description, issue.labels.join(' ')]
    .filter((part) => part.trim() !== '')
    .join('\n')
    .toWellFormed();
}
