/** What a person can do about an error, by its code. */

const INDEX_AGAIN = 'Index it again; documents that have not changed cost nothing.';
const TRY_AGAIN = 'Wait a little and try again.';
const RESUME_LATER = 'Wait a little, then press Resume: what is done already is kept.';
const REPORT = 'This is a fault of the app. Please report it with this code.';
const RELOAD = 'Reload this page to see how things stand.';
const CORRUPT = 'A stored value is damaged. Delete the library and index it again.';

const REMEDIES: Readonly<Record<string, string>> = {
  document_empty: 'It has no text. Leave it out, or write something in it.',
  document_binary: 'Save it as Markdown, plain text or HTML, then index it again.',
  document_encoding: 'Save it in UTF-8, then index it again.',
  document_too_large: 'Split it into several documents of at most 5 MB.',
  document_control_characters: 'Remove the control characters, for example by saving it anew.',
  document_format_unknown: 'Only .md, .txt, .html, .htm and .adf.json are read. Convert it.',
  document_adf_invalid: 'It is no Atlassian Document Format. Export it again from its source.',
  document_name_invalid: 'Rename it: 1 to 400 characters, none of them a control character.',
  document_incomplete: 'A part of it did not arrive. Index it again.',
  document_duplicate: 'Two documents have this name. Rename one of them.',
  library_name_invalid: 'Choose a name of 1 to 100 characters without blanks around it.',
  catalogue_full: 'Delete libraries that nobody needs, or shorten their lists of projects.',
  nothing_to_sync: 'Give at least one document that can be read, or delete the library instead.',
  library_unknown: `This library is gone. ${RELOAD}`,
  document_unknown: `This document is gone. ${RELOAD}`,
  project_unknown: 'Check the project keys; you must be allowed to browse each of them.',
  fingerprint_mismatch:
    'The library was embedded by another model. Use that one, or re-index the whole library.',
  embedder_unknown: 'Choose one of the models offered.',
  embedder_model_unknown: 'Choose one of the models offered.',
  embedder_dimensions: 'Choose dimensions that the model offers.',
  builtin_model_unavailable: 'The built-in model is not installed. Install the app again.',
  provider_key_missing: 'Store a key of this provider, or choose the built-in model.',
  provider_key_refused: 'Check the key at your provider and store a valid one, then press Resume.',
  provider_quota_exhausted: 'Add credit at your provider, then press Resume.',
  provider_rate_limited: RESUME_LATER,
  provider_unavailable: RESUME_LATER,
  provider_model_unknown: 'Your key has no access to this model. Allow it at your provider.',
  provider_request_refused: 'The provider refused the request. Its message says why.',
  provider_input_too_large: 'One text is too long for this model. Choose another model.',
  provider_answer_count: RESUME_LATER,
  provider_answer_dimensions: RESUME_LATER,
  provider_answer_not_finite: RESUME_LATER,
  provider_answer_zero_vector: RESUME_LATER,
  provider_answer_invalid: RESUME_LATER,
  provider_failed: RESUME_LATER,
  embedding_aborted: RESUME_LATER,
  value_corrupt: CORRUPT,
  catalogue_corrupt: CORRUPT,
  value_missing: `A stored value is gone. ${INDEX_AGAIN}`,
  format_newer: 'A newer version of the app wrote this. Update the app.',
  publish_lost: `Another job published first. ${INDEX_AGAIN}`,
  publish_unknown: `It may have been published or not. ${RELOAD}`,
  job_gone: `The job was deleted. ${RELOAD}`,
  job_unknown: `The job is gone; jobs are kept for seven days. ${RELOAD}`,
  job_state: `The job has moved on. ${RELOAD}`,
  job_busy: TRY_AGAIN,
  job_overtaken: 'Other jobs on this library kept publishing first. Press Resume.',
  staging_incomplete: 'Not all that was uploaded has arrived. Start the job anew.',
  library_deleted: 'The library was deleted meanwhile. Start a new job if you still want it.',
  job_outdated: 'The app was updated meanwhile. Start the job anew.',
  nothing_to_restore: `There is no previous generation any more. ${RELOAD}`,
  indexing_out_of_time: RESUME_LATER,
  time_is_up: RESUME_LATER,
  queue_throttled: RESUME_LATER,
  queue_failed: RESUME_LATER,
  queue_chain_limit: RESUME_LATER,
  store_throttled: RESUME_LATER,
  store_unavailable: RESUME_LATER,
  store_failed: RESUME_LATER,
  store_partial: RESUME_LATER,
  query_empty: 'Type what you look for.',
  query_too_long: 'Shorten the text to 50,000 characters.',
  k_out_of_range: 'Ask for 1 to 100 passages.',
  input_invalid: `The page and the app do not agree. ${RELOAD}`,
  not_permitted: 'Ask a Jira administrator.',
  jira_failed: TRY_AGAIN,
  invariant_violated: REPORT,
  counts_mismatch: REPORT,
  internal_error: REPORT,
  call_failed: 'Check your connection and try again.',
};

/** What to do about an error of this code, in a sentence or two. */
export function remedyFor(code: string): string {
  return REMEDIES[code] ?? `${TRY_AGAIN} If it stays, report it with this code.`;
}
