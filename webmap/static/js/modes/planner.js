// The planner's page.

import { keepView } from "wangge/core/state.js";
import { element, pageMap } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";

joinFrame();
const map = pageMap();
await element("furniture");
keepView(map);
