// What the sheets of reach have in common: questions that ask anew, bars as long as their shares.

/** Send the questions as soon as one changes, without those that say nothing; draw the bars. */
export function joinAsking() {
  const asked = document.getElementById("asked");
  asked.addEventListener("change", () => asked.reportValidity() && ask(asked));
  asked.addEventListener("submit", (event) => { event.preventDefault(); ask(asked); });
  for (const bar of document.querySelectorAll("[data-share]")) bar.style.setProperty("--share", `${bar.dataset.share}%`);
}

function ask(asked) {
  const area = asked.querySelector("#area");
  const said = new URLSearchParams([...new FormData(asked)].filter(([, value]) => value));
  if (!said.has("hour")) said.delete("day");
  if (said.get("at") === asked.elements.at.max) said.delete("at"); // today: as it stands now
  const path = area ? `/reach/${encodeURIComponent(area.value)}` : "/reach";
  location.assign(`${path}${said.size ? `?${said}` : ""}`);
}
