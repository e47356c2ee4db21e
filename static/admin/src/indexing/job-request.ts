/** From the form to the request of a job, or to what is wrong with the form. */
import type { Embedder, JobRequest, Library } from '../calls/contract';

export type ProjectChoice = 'keep' | 'all' | 'list';

export interface FormValues {
  library: string;
  projects: ProjectChoice;
  /** Project keys as typed, separated by commas or blanks. */
  projectKeys: string;
  embedder: Embedder;
  /** Whether documents that are not given are deleted. */
  sync: boolean;
  /** Whether documents that are not given are embedded anew with the chosen model. */
  rebuild: boolean;
  documents: number;
}

export type FormErrors = Partial<
  Record<'documents' | 'library' | 'projectKeys' | 'rebuild', string>
>;

export type FormResult = { request: JobRequest } | { errors: FormErrors };

/** Jira's own rule for keys. */
const PROJECT_KEY = /^[A-Z][A-Z0-9_]+$/;

const LIBRARY_CHARACTERS_MAX = 100;

/** What a new form shows; with a library of the site, that library's own settings. */
export function initialValues(library: Library | undefined): Omit<FormValues, 'documents'> {
  return {
    library: library?.name ?? '',
    projects: library === undefined ? 'all' : 'keep',
    projectKeys: '',
    embedder: library?.embedder ?? 'builtin',
    sync: false,
    rebuild: false,
  };
}

/** Whether the library has to be embedded anew before the job can publish. */
export function needsRebuild(library: Library | undefined, embedder: Embedder): boolean {
  return library !== undefined && (library.needsReindex !== null || library.embedder !== embedder);
}

/** Checks the form; `library` is the one of the site that has the name typed, if any. */
export function requestOf(values: FormValues, library: Library | undefined): FormResult {
  const errors: FormErrors = {};
  const name = values.library.trim();
  const keys = projectKeys(values.projectKeys);
  if (values.documents === 0) errors.documents = 'Choose at least one document.';
  if (name === '') errors.library = 'Name the library that the documents go into.';
  if (name.length > LIBRARY_CHARACTERS_MAX) {
    errors.library = `At most ${LIBRARY_CHARACTERS_MAX} characters.`;
  }
  const wrongKeys = keys.filter((key) => !PROJECT_KEY.test(key));
  if (values.projects === 'list' && keys.length === 0) {
    errors.projectKeys = 'Name at least one project key, for example PAY.';
  } else if (values.projects === 'list' && wrongKeys.length > 0) {
    errors.projectKeys = `Not a project key: ${wrongKeys.join(', ')}`;
  }
  const mustRebuild = needsRebuild(library, values.embedder);
  if (mustRebuild && !values.rebuild) {
    errors.rebuild = 'Tick this, or choose the model that the library has.';
  }
  if (Object.keys(errors).length > 0) return { errors };
  return {
    request: {
      library: name,
      embedder: values.embedder,
      sync: values.sync,
      ...(values.projects === 'keep' ? {} : { projects: values.projects === 'all' ? 'all' : keys }),
      ...(mustRebuild ? { rebuild: true } : {}),
    },
  };
}

/** Keys as typed, in capitals, each once. */
function projectKeys(typed: string): string[] {
  const keys = typed.split(/[\s,;]+/).filter((key) => key !== '');
  return [...new Set(keys.map((key) => key.toUpperCase()))];
}
