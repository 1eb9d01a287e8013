// `npm run build`: compiles the program and its kernels to dist/ and the page to web/dist/.
import { build, fail } from "./setup.mjs";

if (!(await build())) fail("the sources do not compile");
