// Listens by the browser's own speech recognition, where there is one.

const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
const FAULTS = {
  "not-allowed": "The browser does not let this page use the microphone.",
  "service-not-allowed": "The browser does not let this page recognise speech.",
  "audio-capture": "No microphone was found.",
  "language-not-supported": "The browser does not recognise this language.",
  network: "The browser's speech recognition cannot be reached.",
};

/** Whether this browser can listen. */
export const canListen = Boolean(Recognition);

/** `hears(text)` is called with each sentence; `fails(message)` when listening is impossible. */
export class Ear {
  constructor(hears, fails) {
    this.hears = hears;
    this.fails = fails;
    this.wanted = false;
    this.open = false;
    this.recognition = null;
  }

  /** Listen in `language` until `stop`. */
  listen(language) {
    this.wanted = true;
    if (this.open) {
      return;
    }
    this.recognition ??= this.made();
    this.recognition.lang = language;
    this.open = true;
    this.recognition.start();
  }

  /** Listen no more. */
  stop() {
    this.wanted = false;
    if (this.open) {
      this.recognition.abort();
    }
  }

  made() {
    const recognition = new Recognition();
    recognition.interimResults = false;
    recognition.onresult = ({ results }) => {
      const text = results[results.length - 1][0].transcript.trim();
      if (this.wanted && text) {
        this.hears(text);
      }
    };
    recognition.onerror = ({ error }) => {
      if (error in FAULTS) {
        this.wanted = false;
        this.fails(FAULTS[error]);
      }
    };
    recognition.onend = () => {
      this.open = false;
      if (this.wanted) {
        this.listen(recognition.lang);
      }
    };
    return recognition;
  }
}
