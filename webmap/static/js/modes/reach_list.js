// The list of areas by reach: choosing asks anew.

import { joinFrame } from "wangge/core/frame.js";
import { joinAsking } from "wangge/reach/paper.js";

joinFrame();
joinAsking();
