import sharp from "sharp";

// libvips keeps results of recent operations, up to 50 MB of them. No picture here is asked for twice, and a
// file that was replaced under the same name must not come out of a cache.
sharp.cache(false);

export { sharp };
