// What this screen asks for: where many look at it, nothing personal, whatever its user may see.

/** What a question about a case says of the screen; see api/looking.py. */
export const masked = (board) => ({ masked: board.isMasked ? "true" : null });
