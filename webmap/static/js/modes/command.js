// The command centre's page: the points first, then all that stands round them.

import { opened } from "wangge/command/opening.js";

await opened();
await import("wangge/command/desk.js");
