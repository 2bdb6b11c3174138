// A report on its way: a form with its photos, told how far it has come.

import { Problem } from "wangge/core/api.js";

const PATIENCE = 120_000;

/** Send one report; `progress` hears shares from 0 to 1. Gives the answer, or throws a Problem. */
export async function send(report, progress = () => {}) {
  try {
    return await sendOnce(report, progress);
  } catch (problem) {
    if (problem.status !== 403 || !(await isTokenRenewed())) throw problem;
    return sendOnce(report, progress);
  }
}

/** A page that was opened without a line has no token, or an old one: take that of the page as it is now. */
async function isTokenRenewed() {
  const mine = document.querySelector('meta[name="csrf-token"]');
  const page = await fetch("/report", { credentials: "same-origin", cache: "no-store" }).then((answer) => answer.text(), () => "");
  const now = new DOMParser().parseFromString(page, "text/html").querySelector('meta[name="csrf-token"]')?.content ?? "";
  if (!mine || !now || now === mine.content) return false;
  mine.content = now;
  return true;
}

function sendOnce(report, progress) {
  const form = new FormData();
  form.set("key", report.key);
  for (const [name, value] of Object.entries(report.fields)) if (value !== "" && value != null) form.set(name, value);
  for (const part of ["photo", "photo_after"]) {
    (report[part] ?? []).forEach((blob, k) => form.append(part, blob, `${k + 1}.jpg`));
  }
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/reports");
    request.responseType = "json";
    request.timeout = PATIENCE;
    request.setRequestHeader("Accept", "application/json");
    const csrf = document.querySelector('meta[name="csrf-token"]')?.content;
    if (csrf) request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => (request.status < 300 && request.response ? done(request.response) : fail(new Problem(request.status, request.response)));
    request.onerror = request.ontimeout = request.onabort = () => fail(new Problem(0, null));
    request.send(form);
  });
}

/** Whether it may go through later as it is: no network, the server away, too many at once. */
export function mayGoLater(problem) {
  return problem.status === 0 || problem.status >= 500 || [401, 403, 408, 429].includes(problem.status);
}
