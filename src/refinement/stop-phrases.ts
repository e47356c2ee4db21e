/**
 * What templates put into work items: headings, prompts to fill something in, and the frame of a
 * user story. Every item of a team has them, so they say nothing about what an item is about, and
 * each of them would find the page that explains the template.
 */

/** Lines that are nothing but one of these, whatever marks them as a heading or a list. */
const HEADINGS: ReadonlySet<string> = new Set([
  ...['acceptance criteria', 'acceptance criterion', 'acceptance', 'ac', 'criteria'],
  ...['description', 'summary', 'overview', 'background', 'context', 'motivation', 'problem'],
  ...['problem statement', 'user story', 'story', 'user value', 'business value', 'value', 'why'],
  ...['what', 'how', 'who', 'goal', 'goals', 'objective', 'objectives', 'purpose', 'scope'],
  ...['in scope', 'out of scope', 'non-goals', 'not in scope', 'assumptions', 'constraints'],
  ...['dependencies', 'risks', 'notes', 'note', 'additional notes', 'additional information'],
  ...[
    'additional context',
    'additional details',
    'details',
    'technical notes',
    'technical details',
  ],
  ...['implementation notes', 'proposed solution', 'solution', 'suggested solution', 'approach'],
  ...['steps to reproduce', 'reproduction steps', 'how to reproduce', 'to reproduce', 'steps'],
  ...['expected', 'expected result', 'expected results', 'expected behavior', 'expected behaviour'],
  ...['expected outcome', 'actual', 'actual result', 'actual results', 'actual behavior'],
  ...['actual behaviour', 'current behavior', 'current behaviour', 'environment', 'impact'],
  ...['workaround', 'severity', 'priority', 'definition of done', 'definition of ready', 'dod'],
  ...['dor', 'test plan', 'test notes', 'testing notes', 'test cases', 'how to test', 'tasks'],
  ...['subtasks', 'sub-tasks', 'todo', 'to do', 'open questions', 'questions', 'references'],
  ...['reference', 'links', 'related', 'related issues', 'attachments', 'screenshots', 'design'],
  ...[
    'designs',
    'mockups',
    'requirements',
    'n/a',
    'na',
    'none',
    'tbd',
    'tba',
    'see above',
    'empty',
  ],
]);

/** What stands before and behind the words of a heading, a list item, a check box, an emphasis. */
const MARKS_BEFORE = /^(?:\s|#|h[1-6]\.\s|bq\.\s|[-*+>•]\s|\d{1,2}[.)]\s|\[[ xX]?\]|[*_~`:|])+/u;
const MARKS_AFTER = /[\s:*_~`|?.…#-]+$/u;
const HEADING_ROW = /^[^\p{L}\p{N}]*$/u;
/** No line of a template is longer; expressions that may look twice at a line are for these. */
const LINE_CHARACTERS_MAX = 300;

/** Lines that ask the author for something. */
const PROMPTS = [
  /^(?:please\s+)?(?:describe|explain|provide|list|add|include|attach|fill in|insert|enter)\s+(?:here|below|a (?:short|brief|clear|concise)\b|(?:any|all) (?:other|additional|relevant|further)\b).*$/i,
  /^please\s+(?:describe|explain|provide|fill in|complete)\b.*$/i,
  /^(?:what|how|why) (?:is|are|did|do|does|should|was) .{0,40}\b(?:happen|happened|expected|expect|reproduce)\b.*\?\W*$/i,
];
const [COMMENT_START, COMMENT_END] = ['<!--', '-->'];
/**
 * What is to be written over. Other words in angles and braces are the author's: elements of HTML,
 * parameters of a path, Jira's `{{monospace}}`.
 */
const ASKED =
  "(?:describe|explain|insert|enter|fill in|add|provide|specify|list|your|some|(?:type|kind|name) of|what|who|why|how)\\s[\\w ,'-]{1,60}";
const ROLE = 'role|persona|actor|goal|benefit|reason|outcome|feature|capability';
const PLACEHOLDERS = new RegExp(
  `(?<![\\w/])(?:<(?:${ASKED}|${ROLE})>|\\{\\{?\\s?${ASKED}\\}?\\})`,
  'gi',
);
/** Jira's marks of a block of code, a quotation and the like, which say nothing themselves. */
const BLOCK_MARKS = /(?<![\w/{])\{(?:code|noformat|quote|panel|color)(?::[^{}\n]{0,200})?\}/g;

/** The frame of a user story: who, what and why stay, the words between them go. */
const STORY_FRAME = [
  /\bas an?\s+(?=[^.\n]{1,80}\bi\s+(?:want|would like|need|wish)\b)/gi,
  /\b(?:i|we)\s+(?:want|would like|need|wish)(?:\s+to(?:\s+be\s+able\s+to)?)?\b/gi,
  /\b(?:so that|in order that|such that)(?:\s+(?:i|we|they)(?:\s+can|\s+am able to)?)?\b/gi,
];
/** The words that begin a step of a scenario, with what marks its line. */
const SCENARIO_STEP =
  /^((?:\s|[-*+>•]\s|\[[ xX]?\]\s)*)(?:given(?:\s+that)?|when|then|and|but|scenario(?: outline)?:?|feature:)(?:\s+|$)/i;

/** The text without them; lines of the author's own stay as they are. Linear in its length. */
export function withoutStopPhrases(text: string): string {
  const lines = withoutComments(text)
    .replace(PLACEHOLDERS, ' ')
    .replace(BLOCK_MARKS, ' ')
    .split('\n')
    .filter((line) => !isOfTemplate(line))
    .map((line) => line.replace(SCENARIO_STEP, '$1'));
  return STORY_FRAME.reduce((rest, frame) => rest.replace(frame, ' '), lines.join('\n'))
    .replace(/[^\S\n]{2,}/g, ' ')
    .trim();
}

/** One that is never closed is the author's. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf(COMMENT_START, from);
    const end = start === -1 ? -1 : text.indexOf(COMMENT_END, start + COMMENT_START.length);
    if (end === -1) break;
    kept.push(text.slice(from, start));
    from = end + COMMENT_END.length;
  }
  return [...kept, text.slice(from)].join(' ');
}

function isOfTemplate(line: string): boolean {
  if (line.trim() === '') return false;
  if (line.length > LINE_CHARACTERS_MAX) return HEADING_ROW.test(line);
  const marked = line.replace(MARKS_BEFORE, '');
  const words = marked.replace(MARKS_AFTER, '');
  if (HEADING_ROW.test(words)) return true;
  return HEADINGS.has(words.toLowerCase()) || PROMPTS.some((prompt) => prompt.test(marked.trim()));
}
