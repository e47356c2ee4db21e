/**
 * The rules for imports of `src`, as a function of the files: what may be reached from where, which
 * packages belong to which file, and that no chain of imports closes into a cycle.
 */
import { posix } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** From the root of the project, with forward slashes. */
  path: string;
  source: string;
}

/** Single files that know nothing of the rest and that everything may use. */
const FOUNDATIONS = ['src/errors.ts', 'src/settle-all.ts'];

/** The parts of `src` that each part may import from; its own part too, unless it is a leaf. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  foundations: [],
  ports: ['ports', 'foundations'],
  kernels: ['kernels'],
  analysis: ['analysis'],
  chunking: ['chunking', 'foundations', 'ports'],
  embedding: ['embedding', 'foundations', 'ports'],
  quantization: ['quantization', 'kernels', 'foundations', 'ports'],
  ...layers(['index', 'retrieval', 'refinement', 'evaluation', 'jobs', 'handlers']),
  adapters: ['adapters', 'foundations', 'ports'],
};

/** Each layer may import those before it, and all that stand below the index. */
function layers(names: readonly string[]): Record<string, string[]> {
  const below = [
    ...['kernels', 'quantization', 'analysis', 'chunking', 'embedding', 'foundations', 'ports'],
  ];
  return Object.fromEntries(names.map((name, i) => [name, [...below, ...names.slice(0, i + 1)]]));
}

/** Packages through which the platform is reached; only an adapter may name one. */
const PLATFORM_PACKAGES = ['@forge/kvs', '@forge/events', '@forge/api'];

/** What breaks a rule, one line each, beginning with the file's path. */
export function violations(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const found: string[] = [];
  const edges = new Map<string, string[]>();
  for (const { path, source } of files) {
    const { specifiers, faults } = readImports(path, source);
    found.push(...faults.map((fault) => `${path}: ${fault}`));
    const targets: string[] = [];
    for (const specifier of specifiers) {
      const target = specifier.startsWith('.') ? resolveImport(path, specifier, paths) : undefined;
      if (target?.startsWith('src/')) targets.push(target);
      const fault = judge(path, specifier, target);
      if (fault !== undefined) found.push(`${path}: ${fault}`);
    }
    edges.set(path, targets);
  }
  return [...found, ...cycles(edges)];
}

function judge(path: string, specifier: string, target: string | undefined): string | undefined {
  const part = partOf(path);
  if (!specifier.startsWith('.')) {
    if (part === 'kernels') return `kernels import their own part alone, found ${specifier}`;
    const name = PLATFORM_PACKAGES.find(
      (one) => specifier === one || specifier.startsWith(`${one}/`),
    );
    const isFree = name === undefined || part === 'adapters';
    return isFree ? undefined : `${name} is for src/platform/forge-*.ts alone`;
  }
  if (/\.(json|node|[mc]?[jt]sx?)$/.test(specifier)) return `${specifier} has an extension`;
  if (target === undefined) return `${specifier} leads to no file`;
  if (!target.startsWith('src/')) return `reaches ${target.split('/')[0]} by ${specifier}`;
  if (part === 'entry') return undefined;
  const allowed = MAY_IMPORT[part];
  if (allowed === undefined) return `${part} is a part of src that has no rule yet`;
  const to = partOf(target);
  return allowed.includes(to) ? undefined : `${part} may not import ${to} (${target})`;
}

/** The part of src a file belongs to. */
function partOf(path: string): string {
  if (path === 'src/index.ts') return 'entry';
  if (FOUNDATIONS.includes(path)) return 'foundations';
  if (/^src\/platform\/forge-[^/]+\.ts$/.test(path)) return 'adapters';
  if (path.startsWith('src/platform/')) return 'ports';
  return path.split('/')[1] ?? path;
}

/** As the bundler does: the file before the folder. Paths outside src count as they are. */
function resolveImport(from: string, specifier: string, paths: ReadonlySet<string>) {
  const base = posix.join(posix.dirname(from), specifier);
  if (!base.startsWith('src/') && base !== 'src') return base;
  return [`${base}.ts`, `${base}/index.ts`].find((candidate) => paths.has(candidate));
}

/** Every module a file names, whatever the form, and the forms that are not allowed at all. */
function readImports(path: string, source: string): { specifiers: string[]; faults: string[] } {
  const tree = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const specifiers: string[] = [];
  const faults: string[] = [];
  const take = (node: ts.Node | undefined) => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node)) specifiers.push(node.text);
    else faults.push(`imports a module whose name is computed: ${node.getText()}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) take(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) take(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      take(node.argument.literal);
    } else if (ts.isCallExpression(node) && isModuleCall(node)) take(node.arguments[0]);
    if (isDefaultExport(node)) faults.push('has a default export');
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { specifiers, faults };
}

function isModuleCall({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(expression) && expression.text === 'require';
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

/** Each cycle once, as the chain of files that closes it. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, chain: readonly string[]): void => {
    const start = chain.indexOf(path);
    if (start >= 0) found.add(`${path}: import cycle ${[...chain.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...chain, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return [...found];
}
