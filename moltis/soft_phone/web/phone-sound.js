// What the telephone sounds like: it rings, and speaks with the browser's own voice.

const TONES_HZ = [440, 480];
const RING_SECS = 1;
const RING_EVERY_MS = 3000;
const LOUDNESS = 0.06;

/** Whether this browser can speak. */
export const canSpeak = "speechSynthesis" in window;

/** The telephone's sounds; silent unless it is `on`. */
export class Sound {
  constructor(onQuiet) {
    this.on = false;
    this.onQuiet = onQuiet;
    this.bell = 0;
    this.context = null;
    this.player = null;
    this.going = new Set();
  }

  /** Whether something is being spoken or played. */
  get isSpeaking() {
    return this.going.size > 0;
  }

  /** Ring until `quiet`. */
  ring() {
    if (this.on && !this.bell) {
      this.strike();
      this.bell = setInterval(() => this.strike(), RING_EVERY_MS);
    }
  }

  /** Speak `text` after what is being spoken. */
  speak(text, language) {
    if (!this.on || !canSpeak) {
      return;
    }
    const words = new SpeechSynthesisUtterance(text);
    words.lang = language;
    words.onend = words.onerror = () => this.ends(words);
    this.going.add(words);
    speechSynthesis.speak(words);
  }

  /** Play the sound at `url`, which the gateway serves. */
  play(url) {
    if (!this.on) {
      return;
    }
    // The gateway may know itself by another name than this page does.
    const { pathname, search } = new URL(url);
    const player = new Audio(pathname + search);
    player.onended = player.onerror = () => this.ends(player);
    this.player = player;
    this.going.add(player);
    player.play().catch(() => this.ends(player));
  }

  /** Be quiet. */
  quiet() {
    clearInterval(this.bell);
    this.bell = 0;
    this.going.clear();
    this.player?.pause();
    if (canSpeak) {
      speechSynthesis.cancel();
    }
  }

  ends(sound) {
    if (this.going.delete(sound) && !this.isSpeaking) {
      this.onQuiet();
    }
  }

  strike() {
    this.context ??= new AudioContext();
    // Until somebody has touched the page, browsers keep it silent.
    this.context.resume();
    const volume = this.context.createGain();
    volume.gain.value = LOUDNESS;
    volume.connect(this.context.destination);
    for (const hertz of TONES_HZ) {
      const tone = this.context.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(volume);
      tone.start();
      tone.stop(this.context.currentTime + RING_SECS);
    }
  }
}
