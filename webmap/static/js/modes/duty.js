// The page of duty and calendar: who is on duty in a week, and which days of a year are worked.

import { pageData } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { Calendar } from "wangge/command/calendar.js";
import { joinRoster } from "wangge/duty/roster.js";
import { joinYear } from "wangge/duty/year.js";

joinFrame();
const data = pageData();
const calendar = new Calendar(data.timezone);
if (data.may.handle) joinRoster(data, calendar);
joinYear(data, calendar);
