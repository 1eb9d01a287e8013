import { defineConfig } from "vite";

/** The page as static files: all from the camera itself, nothing inline, as its content security policy asks. */
export default defineConfig({
  build: {
    target: "es2023",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
});
