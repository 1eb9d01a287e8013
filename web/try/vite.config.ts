import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The page as a folder of static files, with relative addresses, so that it can lie anywhere on a web host. */
export default defineConfig({
  root: path("."),
  base: "./",
  build: {
    outDir: path("../../dist/try"),
    emptyOutDir: true,
    // What the content security policy of the page asks.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: path("index.html"), sw: path("src/service-worker.ts") },
      output: {
        // A service worker's address must stay the same.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  worker: { format: "es" },
});
