// The way into the playback of states: a button beside the timeline, or a moment in the address.

import { h } from "wangge/core/dom.js";
import { onState, state } from "wangge/core/state.js";
import { t } from "wangge/core/words.js";

/** Join it to the panel of the player; what plays is fetched when it is first wanted. */
export function joinReplay(box, options) {
  let replay = null;
  const button = h("button.button.small", { type: "button", title: t("Replay the period with the state that each case had"), onClick: () => start(null) }, t("Replay states"));
  box.querySelector(".player-tools .player-said").before(button);

  async function start(minute) {
    const { Replay } = await import("wangge/command/replay.js");
    if (!replay) {
      replay = new Replay(box, options);
      replay.onClose = () => button.focus({ preventScroll: true });
    }
    if (replay.isOn) replay.seek(minute ?? replay.past?.minute);
    else await replay.start(minute);
  }

  /** As the address says; what is no moment is left out. */
  function follow({ moment }) {
    const minute = Math.round(Date.parse(moment ?? "") / 60000);
    if (Number.isFinite(minute)) start(minute);
    else if (replay?.isOn) replay.close();
  }

  let isBegun = false;
  options.board.on((what) => {
    if (what !== "data" || isBegun) return;
    isBegun = true;
    if (state().moment) follow(state());
  });
  onState(follow);
}
