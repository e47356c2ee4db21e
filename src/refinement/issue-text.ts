/** The text of a Jira item: what is searched for, and what the prompt shows of it. */

import { parseDocument } from '../chunking/parse-document';
import { GroundworkError } from '../errors';
import type { JiraIssue, JsonValue } from '../platform/ports';
import type { SearchQuery } from '../retrieval/query';
import { withoutStopPhrases } from './stop-phrases';

/** UTF-16 units of a description that take part in a search; the rest rarely says what it is. */
const QUERY_DESCRIPTION_CHARACTERS_MAX = 4_000;

/** How often a word of the summary counts against one of the rest. */
const SUMMARY_WEIGHT = 2;

/**
 * Plain text of a description that is a string, an ADF document, or missing; may be empty.
 * Errors: `document_adf_invalid`.
 */
export function descriptionText(description: JsonValue): string {
  if (typeof description === 'string') return description;
  if (description === null || typeof description !== 'object') return '';
  const content = JSON.stringify(description);
  try {
    return parseDocument({ name: 'description', content, format: 'adf' }).text;
  } catch (error) {
    // An empty document is refused; an item whose description holds only a picture is not.
    if (GroundworkError.isInstance(error) && error.code === 'document_empty') return '';
    throw isAdfInvalid(error) ? descriptionInvalid(error) : error;
  }
}

const isAdfInvalid = (error: unknown) =>
  GroundworkError.isInstance(error) && error.code === 'document_adf_invalid';

/** What is said of a page, that it be exported again, helps nobody with an item. */
function descriptionInvalid(cause: unknown): GroundworkError {
  return new GroundworkError({
    code: 'document_adf_invalid',
    message:
      'work item: its description is an object that is no Atlassian Document Format document; expected {"type": "doc", "version": 1, "content": […]}, as Jira answers it, or plain text. Correct the description of the item',
    cause,
  });
}

/**
 * The query of an item: one text for its vector, and its parts for its words. What a template puts
 * into every description is left out; acceptance criteria are part of the description. The type is
 * left out too: it says how to write an item, not what it is about.
 */
export function queryOf(issue: JiraIssue): SearchQuery {
  return queryWith(issue, withoutStopPhrases(descriptionText(issue.description)));
}

/** The same of an item with this text for its description, whatever stands there. */
export function queryWith(issue: JiraIssue, text: string): SearchQuery {
  const description = text.slice(0, QUERY_DESCRIPTION_CHARACTERS_MAX).toWellFormed();
  const parts = [
    { text: issue.summary.toWellFormed(), weight: SUMMARY_WEIGHT },
    { text: description, weight: 1 },
    { text: issue.labels.join(' ').toWellFormed(), weight: 1 },
    { text: issue.components.join(' ').toWellFormed(), weight: 1 },
  ].filter(({ text }) => text.trim() !== '');
  return { text: parts.map(({ text }) => text).join('\n'), parts };
}
