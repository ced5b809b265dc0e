/** The camera of a page: a frame whenever the last one is done. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../../state/studio.ts";

export interface Camera {
  readonly state: "off" | "starting" | "on";
  /** Why it is not there. */
  readonly problem: string;
  readonly framesPerSecond: number;
  start(): Promise<void>;
  stop(): void;
  /** The last frame as a picture; the camera is off then. */
  take(): Promise<Blob | undefined>;
}

/** Of the frames per second that are told, how much is of those before. */
const inertia = 0.8;

/** @param onFrame is given frames one after another, each once the last was taken. */
export function useCamera(onFrame: (frame: ImageBitmap) => Promise<void>): Camera {
  const [state, setState] = useState<Camera["state"]>("off");
  const [problem, setProblem] = useState("");
  const [framesPerSecond, setFramesPerSecond] = useState(0);
  const video = useRef<HTMLVideoElement | undefined>(undefined);
  /** Whoever leaves while it is asked for does not want it any more. */
  const isWanted = useRef(false);
  const latest = useRef(onFrame);
  latest.current = onFrame;
  const stop = () => {
    isWanted.current = false;
    const stream = video.current?.srcObject;
    if (stream instanceof MediaStream) end(stream);
    video.current = undefined;
    setState("off");
  };
  useEffect(() => stop, []);

  async function follow(source: HTMLVideoElement): Promise<void> {
    let [last, mean] = [performance.now(), 0];
    while (video.current === source) {
      await latest.current(await createImageBitmap(source));
      const now = performance.now();
      mean = mean === 0 ? now - last : inertia * mean + (1 - inertia) * (now - last);
      last = now;
      setFramesPerSecond(1000 / mean);
    }
  }

  return {
    state,
    problem,
    framesPerSecond,
    stop,
    async start() {
      setProblem("");
      setState("starting");
      isWanted.current = true;
      try {
        const stream = await openCamera();
        if (!isWanted.current) return end(stream);
        const source = document.createElement("video");
        source.muted = true;
        source.playsInline = true;
        source.srcObject = stream;
        video.current = source;
        // Unplugged, or no longer permitted.
        for (const track of stream.getTracks()) track.addEventListener("ended", stop);
        await source.play();
        setState("on");
        await follow(source);
      } catch (error) {
        stop();
        setProblem(messageOf(error));
      }
    },
    async take() {
      const source = video.current;
      if (source === undefined) return undefined;
      const canvas = new OffscreenCanvas(source.videoWidth, source.videoHeight);
      canvas.getContext("2d")?.drawImage(source, 0, 0);
      stop();
      return canvas.convertToBlob({ type: "image/png" });
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: "The camera is not permitted. Allow it for this page in the browser, then press Camera again.",
  NotFoundError: "There is no camera. Choose a photo instead.",
  NotReadableError: "The camera does not answer: another program may be using it.",
};

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function openCamera(): Promise<MediaStream> {
  // Browsers give cameras to pages at https addresses, and to those of this machine.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices === undefined)
    throw new Error(
      "Browsers give a camera only to pages at https addresses or on this machine. Choose a photo instead.",
    );
  return devices.getUserMedia({ video: { facingMode: "environment" } }).catch((error: unknown) => {
    const name = error instanceof DOMException ? error.name : "";
    throw new Error(reasons[name] ?? messageOf(error));
  });
}
