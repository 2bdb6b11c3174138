// The two short sounds of the command centre, made of plain tones: no file has to be loaded.

const TONES = { urgent: [[880, 0], [1175, 0.16], [880, 0.32]], late: [[660, 0], [494, 0.2]] }; // Hz, seconds
const LOUD = 0.22; // of 1
const LONG = 0.3; // seconds of each tone

/** Sound "urgent" or "late" in an audio context, at once. */
export function sound(context, kind) {
  const begin = context.currentTime + 0.02;
  for (const [pitch, after] of TONES[kind]) {
    const tone = new OscillatorNode(context, { frequency: pitch, type: "sine" });
    const loudness = new GainNode(context, { gain: 0 });
    loudness.gain.setValueAtTime(0, begin + after);
    loudness.gain.linearRampToValueAtTime(LOUD, begin + after + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, begin + after + LONG - 0.02);
    tone.connect(loudness).connect(context.destination);
    tone.start(begin + after);
    tone.stop(begin + after + LONG);
  }
}
