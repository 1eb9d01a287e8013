// `npm run build`: compiles the program to dist/ and the page to web/dist/.
import { build, fail } from "./setup.mjs";

if (!build()) fail("the sources do not compile");
