/**
 * Validates manifest.yml with the genuine @forge/manifest, offline. Warnings fail too: a deprecated
 * entry is an error that has not happened yet. Run: npm run manifest
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';

interface ManifestFinding {
  level: string;
  message: string;
  reference: string;
  line: number;
}

process.chdir(join(import.meta.dirname, '..'));
const { ProcessorBuilder, ValidationTypes } = createRequire(import.meta.url)('@forge/manifest');
const result = (await ProcessorBuilder.instance()
  .withValidation(ValidationTypes.FULL)
  .build()
  .process()) as { success: boolean; errors?: ManifestFinding[] };

const findings = result.errors ?? [];
for (const { level, message, reference, line } of findings) {
  console.error(`manifest.yml:${line}: ${level}: ${message} (${reference})`);
}
const passed = result.success && findings.length === 0;
console.log(passed ? 'manifest.yml passes the full validation' : 'manifest.yml is refused');
process.exit(passed ? 0 : 1);
