import { DicomError } from "../../errors.ts";

/** Families of codecs in the WebAssembly module, by the names of its functions. */
export type NativeFamily = "Jpeg" | "JpegLs" | "Jpeg2000" | "HtJpeg2000";

/** What the module knows of a frame. */
export interface NativeShape {
  readonly columns: number;
  readonly rows: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly planarConfiguration: number;
  readonly photometric: string;
}

/** How to encode; each codec heeds its own. */
export interface NativeParameters {
  readonly lossy?: boolean;
  /** Of JPEG: 1 to 100. */
  readonly quality?: number;
  /** Of JPEG: whether chroma has half the columns. */
  readonly subsampled?: boolean;
  /** Of lossless JPEG: 1 to 7. */
  readonly predictor?: number;
  /** Of JPEG-LS: how much a sample may differ. */
  readonly allowedError?: number;
  /** Of JPEG 2000: how many times smaller. */
  readonly rate?: number;
  /** Of HTJ2K: whether the progression is by resolution first. */
  readonly byResolution?: boolean;
  /** Of JPEG 2000: whether colours are transformed. */
  readonly colorTransform?: boolean;
}

/** What to decode. */
export interface NativeDecoding {
  readonly shape: NativeShape;
  /** Whether JPEG in YBR becomes RGB. */
  readonly toRgb?: boolean;
}

/** A frame with what the codec made of its description. */
export interface NativeResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly shape: NativeShape;
}

/** An instance of the module. One that has failed is dropped, for its memory may be damaged; the next call has a new one. */
export interface NativeCodecs {
  /** Whether an instance has ever failed. */
  readonly hasFailed: boolean;
  /** @throws DicomError `bad-file` whatever is wrong with the bytes */
  decode(family: NativeFamily, encoded: Uint8Array, options: NativeDecoding): NativeResult;
  /** @throws DicomError `not-implemented` if the codec cannot encode such samples */
  encode(
    family: NativeFamily,
    samples: Uint8Array,
    options: { readonly shape: NativeShape; readonly parameters: NativeParameters },
  ): NativeResult;
}

/** Most bytes that the memory of an instance grows to: what would need more is refused. */
const MAXIMUM_MEMORY = 0x40000000;

/** Numbers of photometric interpretations in the module. */
const PHOTOMETRICS = [
  "MONOCHROME1",
  "MONOCHROME2",
  "PALETTE COLOR",
  "RGB",
  "YBR_FULL",
  "YBR_FULL_422",
  "YBR_PARTIAL_422",
  "YBR_PARTIAL_420",
  "YBR_ICT",
  "YBR_RCT",
] as const;

/** Fields of the module's context that are numbers as they are. */
const NUMBERS = {
  columns: "Columns",
  rows: "Rows",
  samplesPerPixel: "SamplesPerPixel",
  bitsAllocated: "BitsAllocated",
  bitsStored: "BitsStored",
  planarConfiguration: "PlanarConfiguration",
} as const satisfies Partial<Record<keyof NativeShape, string>>;

/** Makes codecs of the compiled module; an instance is made when it is needed. */
export function createNativeCodecs(module: WebAssembly.Module): NativeCodecs {
  let instance: Instance | undefined;
  let hasFailed = false;
  const run = <T>(work: (instance: Instance) => T): T => {
    instance ??= new Instance(module);
    try {
      return work(instance);
    } catch (error) {
      instance = undefined;
      hasFailed = true;
      throw error;
    }
  };
  return {
    get hasFailed() {
      return hasFailed;
    },
    decode: (family, encoded, options) =>
      failingAs(
        "bad-file",
        `Cannot decode frame`,
        () => run((on) => on.decode(family, encoded, options)),
      ),
    encode: (family, samples, options) =>
      failingAs(
        "not-implemented",
        "Cannot encode frame",
        () => run((on) => on.encode(family, samples, options)),
      ),
  };
}

function failingAs<T>(code: "bad-file" | "not-implemented", what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause);
    throw new DicomError(code, `${what}: ${fact}`, { cause });
  }
}

/** A function of the module; numbers and pointers, all of 32 bits. */
type NativeFunction = (...args: readonly number[]) => number;

class Instance {
  readonly #memory: WebAssembly.Memory;
  readonly #functions: Readonly<Record<string, NativeFunction>>;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, this.#imports());
    this.#memory = exports.memory as WebAssembly.Memory; // the package says so
    this.#functions = exports as Record<string, NativeFunction>;
    this.#call("_initialize");
  }

  decode(
    family: NativeFamily,
    encoded: Uint8Array,
    { shape, toRgb = false }: NativeDecoding,
  ): NativeResult {
    const parameters = this.#call("CreateDecoderParameters");
    this.#call("SetConvertColorspaceToRgb", parameters, Number(toRgb));
    const context = this.#context(shape);
    this.#fill("Encoded", context, encoded);
    this.#call(`Decode${family}`, context, parameters);
    this.#call("ReleaseDecoderParameters", parameters);
    return this.#take("Decoded", context);
  }

  encode(
    family: NativeFamily,
    samples: Uint8Array,
    { shape, parameters }: { readonly shape: NativeShape; readonly parameters: NativeParameters },
  ): NativeResult {
    const to = this.#call("CreateEncoderParameters");
    this.#call("SetLossy", to, Number(parameters.lossy ?? false));
    this.#call("SetQuality", to, parameters.quality ?? 90);
    this.#call("SetSmoothingFactor", to, 0);
    this.#call("SetSampleFactor", to, parameters.subsampled ? 1 : 0);
    this.#call("SetPredictor", to, parameters.predictor ?? 1);
    this.#call("SetPointTransform", to, 0);
    this.#call("SetAllowedLossyError", to, parameters.allowedError ?? 0);
    this.#call("SetProgressionOrder", to, parameters.byResolution ? 2 : 0);
    this.#call("SetRate", to, parameters.rate ?? 0);
    this.#call("SetAllowMct", to, Number(parameters.colorTransform ?? false));
    const context = this.#context(shape);
    this.#fill("Decoded", context, samples);
    this.#call(`Encode${family}`, context, to);
    this.#call("ReleaseEncoderParameters", to);
    return this.#take("Encoded", context);
  }

  #context(shape: NativeShape): number {
    const context = this.#call("CreateCodecsContext");
    for (const [field, name] of Object.entries(NUMBERS)) {
      this.#call(`Set${name}`, context, shape[field as keyof typeof NUMBERS]);
    }
    this.#call("SetPixelRepresentation", context, Number(shape.signed));
    const photometric = PHOTOMETRICS.indexOf(shape.photometric as typeof PHOTOMETRICS[number]);
    this.#call("SetPhotometricInterpretation", context, photometric < 0 ? 1 : photometric);
    return context;
  }

  #fill(buffer: "Encoded" | "Decoded", context: number, bytes: Uint8Array): void {
    this.#call(`Set${buffer}BufferSize`, context, bytes.length);
    const at = this.#call(`Get${buffer}Buffer`, context) >>> 0;
    new Uint8Array(this.#memory.buffer).set(bytes, at);
  }

  #take(buffer: "Encoded" | "Decoded", context: number): NativeResult {
    const at = this.#call(`Get${buffer}Buffer`, context) >>> 0;
    const length = this.#call(`Get${buffer}BufferSize`, context) >>> 0;
    const bytes = new Uint8Array(this.#memory.buffer, at, length).slice();
    const numbers = Object.entries(NUMBERS).map(([field, name]) => [
      field,
      this.#call(`Get${name}`, context),
    ]);
    const shape: NativeShape = {
      ...Object.fromEntries(numbers),
      signed: this.#call("GetPixelRepresentation", context) === 1,
      photometric: PHOTOMETRICS[this.#call("GetPhotometricInterpretation", context)] ??
        "MONOCHROME2",
    };
    this.#call("ReleaseCodecsContext", context);
    return { bytes, shape };
  }

  #call(name: string, ...args: readonly number[]): number {
    return this.#functions[name]!(...args);
  }

  /** What the module may use of the outside: nothing; it has to end where it fails. */
  #imports(): WebAssembly.Imports {
    return {
      env: {
        onCodecsException: (at: number, length: number) => {
          throw new Error(this.#text(at, length));
        },
        onCodecsInfo() {},
        onCodecsTrace() {},
        emscripten_notify_memory_growth: () => this.#checkMemory(),
      },
      wasi_snapshot_preview1: {
        proc_exit(code: number) {
          throw new Error(`it ended with ${code}`);
        },
        clock_time_get: () => WASI.notCapable,
        fd_write: () => WASI.notCapable,
        fd_close: () => WASI.notCapable,
        fd_seek: () => WASI.notCapable,
        environ_get: () => WASI.success,
        environ_sizes_get: (count: number, size: number) => {
          const memory = new DataView(this.#memory.buffer);
          memory.setUint32(count, 0, true);
          memory.setUint32(size, 0, true);
          return WASI.success;
        },
      },
    };
  }

  #checkMemory(): void {
    const { byteLength } = this.#memory.buffer;
    if (byteLength > MAXIMUM_MEMORY) throw new Error(`it needs ${byteLength} bytes of memory`);
  }

  #text(at: number, length: number): string {
    const bytes = new Uint8Array(this.#memory.buffer, at >>> 0, Math.min(length >>> 0, 200));
    return String.fromCharCode(...bytes);
  }
}

const WASI = { success: 0, notCapable: 76 } as const;
