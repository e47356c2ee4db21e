import { defineConfig } from 'vite';

export default defineConfig({
  // Forge serves the folder below a path of its own.
  base: './',
  build: {
    target: 'es2022',
    // One file loads sooner through the content delivery network than a chain of small ones.
    chunkSizeWarningLimit: 900,
  },
});
