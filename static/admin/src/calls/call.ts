/** The one door to the app's resolver. */
import { invoke } from '@forge/bridge';
import { asCallError, CallError } from './call-error';
import type { Answer, Calls } from './contract';

/** Calls a function of the resolver. Errors: CallError. */
export async function call<N extends keyof Calls>(
  name: N,
  payload: Calls[N]['takes'],
): Promise<Calls[N]['gives']> {
  let answer: Answer<Calls[N]['gives']>;
  try {
    answer = (await invoke(name, { ...payload })) as Answer<Calls[N]['gives']>;
  } catch (error) {
    throw asCallError(error);
  }
  if (!answer.ok) throw new CallError(answer.error);
  return answer.result;
}
