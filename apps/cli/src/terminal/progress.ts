import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Progress, Reporter } from "@saeno/experiments";
import { MultiBar, Presets } from "cli-progress";
import { printable, printableJson, printableLine } from "./printable.ts";

/** How a command tells what it is doing: a bar that moves, lines of text, lines of JSON, or nothing but warnings and errors. */
export const progressKinds = ["bar", "lines", "json", "none"] as const;
export type ProgressKind = (typeof progressKinds)[number];

/** Tells on a stream what a command is doing, and what went wrong. */
export interface Teller extends Reporter {
  error(message: string, notes?: readonly string[]): void;
}

export interface TellerOptions {
  readonly stream: NodeJS.WritableStream;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Seconds between lines: for people, who read them later, and for programs. */
const [secondsBetweenLines, secondsBetweenRecords] = [30, 1];
/** Milliseconds between two pictures of a bar. */
const redraw = 100;

export const tellers: Readonly<Record<ProgressKind, (options: TellerOptions) => Teller>> = {
  bar(options) {
    let bars: MultiBar | undefined;
    let [open, drawn] = [0, 0];
    const told = text(options.stream, (line) => {
      if (bars === undefined) return void options.stream.write(line);
      bars.log(line);
      bars.update();
    });
    const begin = () => {
      // Before those that let go of the signal when it comes.
      process.prependListener("SIGINT", onInterrupt);
      const format = "{label} {bar} {value}/{total} {remaining} {detail}";
      // Where the terminal wraps, messages above the bars are whole; bars are cut to its width.
      return new MultiBar(
        { format, stream: options.stream, barsize: 24, hideCursor: true, linewrap: true, emptyOnZero: true },
        Presets.shades_classic,
      );
    };
    const end = () => {
      process.removeListener("SIGINT", onInterrupt);
      bars?.stop();
      bars = undefined;
    };
    // A terminal keeps its cursor, also where nobody else minds the interrupt and the program ends.
    const onInterrupt = () => {
      if (process.listenerCount("SIGINT") > 1) return;
      end();
      process.kill(process.pid, "SIGINT");
    };
    return {
      ...told,
      progress(name, total, begun = 0) {
        bars ??= begin();
        open++;
        const label = printableLine(name);
        const left = timeLeft(options, total, begun);
        const bar = bars.create(total, begun, { label, detail: "", remaining: "" });
        return {
          update(done, detail = "") {
            bar.update(done, { label, detail: printableLine(detail), remaining: remaining(left(done)) });
            if (options.now() - drawn < redraw) return;
            drawn = options.now();
            bars?.update();
          },
          stop() {
            if (!bar.isActive) return;
            open--;
            if (open === 0) return end();
            bar.stop();
            bars?.remove(bar);
          },
        };
      },
    };
  },

  lines({ stream, now }) {
    const write = (line: string) => void stream.write(line);
    return {
      ...text(stream, write),
      progress: paced(secondsBetweenLines, now, ({ label, done, total, detail, eta }) => {
        const parts = [localTime(now()), `${printableLine(label)} ${done}/${total}`, printableLine(detail)];
        write(`${[...parts, done < total ? remaining(eta) : ""].filter(Boolean).join("  ")}\n`);
      }),
    };
  },

  json({ stream, now }) {
    const write = (event: string, content: object) => {
      const record = { time: new Date(now()).toISOString(), event, ...content };
      stream.write(`${printableJson(record, 0)}\n`);
    };
    return {
      say: (line, kind) => write(kind ?? "message", { message: line.trim() }),
      error: (message, notes = []) => write("error", { message, ...(notes.length > 0 ? { notes } : {}) }),
      progress: paced(secondsBetweenRecords, now, ({ eta, ...status }) =>
        write("progress", { ...status, ...(eta === undefined ? {} : { eta: Number(eta.toFixed(1)) }) }),
      ),
    };
  },

  none({ stream }) {
    const { say, error } = text(stream, (line) => void stream.write(line));
    return {
      error,
      say: (line, kind) => kind === "warning" && say(line, kind),
      progress: () => ({ update() {}, stop() {} }),
    };
  },
};

/** Messages as text; what asks for attention is colored where a terminal shows that and NO_COLOR does not forbid it. */
function text(stream: NodeJS.WritableStream, write: (line: string) => void): Pick<Teller, "say" | "error"> {
  const colored = "hasColors" in stream && (stream as WriteStream).hasColors(16);
  const paint = (color: "red" | "yellow", word: string) =>
    colored ? styleText(["bold", color], word, { validateStream: false }) : word;
  return {
    say: (line, kind) => write(`${kind === "warning" ? `${paint("yellow", "warning:")} ` : ""}${printable(line)}\n`),
    error(message, notes = []) {
      write(`${paint("red", "saeno:")} ${printableLine(message)}\n`);
      for (const note of notes) write(`${note}\n`);
    },
  };
}

/** Work under way. */
interface Status {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly detail: string;
  readonly numbers?: object;
  /** Seconds; `undefined` before the first part is done. */
  readonly eta: number | undefined;
}

/** Progress that is told with the first part, then every some seconds, and at the end. */
function paced(seconds: number, now: () => number, tell: (status: Status) => void): Reporter["progress"] {
  return (label, total, begun = 0): Progress => {
    const left = timeLeft({ now }, total, begun);
    let last: number | undefined;
    let untold: Status | undefined;
    const tellNow = (status: Status) => {
      last = now();
      untold = undefined;
      tell(status);
    };
    return {
      update(done, detail = "", numbers) {
        const status = { label, done, total, eta: left(done), detail, ...(numbers === undefined ? {} : { numbers }) };
        if (last === undefined || done >= total || now() - last >= 1000 * seconds) tellNow(status);
        else untold = status;
      },
      stop() {
        if (untold !== undefined) tellNow(untold);
      },
    };
  };
}

/** The seconds that are left once some parts are done, if the others take as long as those since now. */
function timeLeft({ now }: Pick<TellerOptions, "now">, total: number, begun: number) {
  const started = now();
  return (done: number): number | undefined =>
    done > begun ? ((now() - started) / 1000 / (done - begun)) * Math.max(0, total - done) : undefined;
}

function remaining(seconds: number | undefined): string {
  return seconds === undefined ? "" : `ETA ${formatSeconds(seconds)}`;
}

/** `2026-11-26 14:03:53` */
function localTime(time: number): string {
  const local = time - 60_000 * new Date(time).getTimezoneOffset();
  return new Date(local).toISOString().slice(0, 19).replace("T", " ");
}

/** `52 s`, `3 min 20 s`, `2 h 5 min` */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const [whole, minutes] = [Math.round(seconds), Math.round(seconds / 60)];
  if (minutes < 90) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
