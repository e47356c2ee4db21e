/** What the calls for golden questions accept; limits of what is kept are the core's. */

import * as v from 'valibot';
import { SETTING_DEFAULT, SETTING_NAMES } from '../evaluation/settings';
import { type GivenQuestion, QUESTIONS_MAX } from '../index/golden-questions';
import { libraryNameSchema } from './payload';

/** Questions of one call: with some fifty read units each a quarter of a minute's quota. */
const QUESTIONS_PER_CALL_MAX = 20;

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A question as it is given, or as it is listed: with null for what it has not. */
export const goldenQuestionSchema = v.pipe(
  v.strictObject({
    text: v.string(),
    document: v.nullish(v.string()),
    quote: v.nullish(v.string()),
    nothingApplies: v.optional(v.boolean()),
  }),
  v.transform(
    ({ text, document, quote, nothingApplies = document === null }): GivenQuestion => ({
      ...{ text, nothingApplies },
      ...{ document: document ?? undefined, quote: quote ?? undefined },
    }),
  ),
);

export const goldenQuestionsSchema = v.strictObject({
  library: libraryNameSchema,
  questions: v.array(goldenQuestionSchema),
});

export const goldenRunSchema = v.strictObject({
  library: libraryNameSchema,
  generation: v.optional(v.pipe(wholeNumber, v.minValue(1))),
  setting: v.optional(v.picklist(SETTING_NAMES), SETTING_DEFAULT),
  first: v.optional(v.pipe(wholeNumber, v.maxValue(QUESTIONS_MAX)), 0),
  count: v.optional(
    v.pipe(wholeNumber, v.minValue(1), v.maxValue(QUESTIONS_PER_CALL_MAX)),
    QUESTIONS_PER_CALL_MAX,
  ),
});
