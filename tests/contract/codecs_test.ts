import assert from "node:assert/strict";
import fc from "fast-check";
import { DicomError } from "../../core/errors.ts";
import { createCodecs } from "../../core/image/codecs.ts";
import { nativeCodecsModule } from "../../core/image/codecs/native_module.ts";
import { interleave } from "../../core/image/codecs/samples.ts";
import type { PixelDescription } from "../../core/image/pixels.ts";
import { type Kind, KINDS, largestDifference, phantom } from "../support/phantom.ts";

/** Mutated frames for each of ten transfer syntaxes; more in long runs. */
const MUTANTS = Number(Deno.env.get("FUZZ_RUNS") ?? 10_000) / 10;
const QUALITY = 90;

/** What an encoder of a transfer syntax is to do. */
interface Expected {
  /** How much samples may differ, of all there are; 0 for lossless. */
  readonly tolerance: number;
  /** Kinds that it refuses. */
  readonly refuses: readonly Kind[];
}

const WIDE_COLOR = "RGB of 16 bits";
const MORE_THAN_8: readonly Kind[] = ["12 bits", "12 bits signed", "16 bits", "16 bits signed"];
const JPEG_2000 = { tolerance: 0, refuses: ["8 bits signed", WIDE_COLOR] } as const;

const ENCODERS: Readonly<Record<string, Expected>> = {
  "1.2.840.10008.1.2.5": { tolerance: 0, refuses: [] },
  "1.2.840.10008.1.2.4.50": {
    tolerance: 0.05,
    refuses: [...MORE_THAN_8, "8 bits signed", WIDE_COLOR, "palette"],
  },
  "1.2.840.10008.1.2.4.57": { tolerance: 0, refuses: [] },
  "1.2.840.10008.1.2.4.70": { tolerance: 0, refuses: [] },
  "1.2.840.10008.1.2.4.80": { tolerance: 0, refuses: [] },
  "1.2.840.10008.1.2.4.81": { tolerance: 2 / 255, refuses: ["palette"] },
  "1.2.840.10008.1.2.4.90": JPEG_2000,
  "1.2.840.10008.1.2.4.91": { tolerance: 0.1, refuses: [...JPEG_2000.refuses, "palette"] },
  "1.2.840.10008.1.2.4.201": { tolerance: 0, refuses: [WIDE_COLOR] },
  "1.2.840.10008.1.2.4.202": { tolerance: 0, refuses: [WIDE_COLOR] },
};

const codecs = createCodecs(await nativeCodecsModule());

async function encode(to: string, kind: Kind) {
  return await codecs.of(to).encode!(phantom(KINDS[kind]), { to, quality: QUALITY });
}

for (const [to, { tolerance, refuses }] of Object.entries(ENCODERS)) {
  Deno.test(`codec of ${to} gives back what it encodes`, async (test) => {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      if (refuses.includes(kind)) continue;
      await test.step(kind, async () => {
        const { bytes, description } = await encode(to, kind);
        assert.equal(description.transferSyntaxUid, to);
        const frame = await codecs.decode(bytes, description);
        const { bitsStored, photometric, bitsAllocated } = frame.description;
        if (photometric !== KINDS[kind].photometric) return; // lossy YBR is RGB afterwards
        const before = phantom(KINDS[kind]);
        const alike = frame.description.planarConfiguration === 0 ? interleave(before) : before;
        if (bitsAllocated !== KINDS[kind].bitsAllocated) return; // 8 of 16 bits became 8
        const most = Math.floor(tolerance * (2 ** bitsStored - 1));
        const difference = largestDifference(frame, alike);
        assert.ok(difference <= most, `samples differ by ${difference}`);
        assert.equal(difference > 0, tolerance > 0);
      });
    }
  });

  Deno.test(`codec of ${to} refuses what it cannot keep`, async (test) => {
    for (const kind of refuses) {
      await test.step(kind, async () => {
        await assert.rejects(() => encode(to, kind), { code: "not-implemented" });
      });
    }
  });

  Deno.test(`codec of ${to} refuses frames of another size`, async () => {
    const { bytes, description } = await encode(to, "8 bits");
    const changes: readonly Partial<PixelDescription>[] = [
      { rows: 65535, columns: 4096 },
      { samplesPerPixel: 3, photometric: "RGB" },
      { columns: description.columns + 1 },
    ];
    for (const change of changes) {
      const lie = { ...description, ...change };
      await assert.rejects(() => codecs.decode(bytes, lie), { code: "bad-file" });
    }
    await assert.rejects(() => codecs.decode(new Uint8Array(0), description), { code: "bad-file" });
  });

  Deno.test(`codec of ${to} survives damaged frames`, async () => {
    const kinds = (["8 bits", "12 bits", "RGB"] as const).filter((kind) => !refuses.includes(kind));
    const whole = await Promise.all(kinds.map((kind) => encode(to, kind)));
    const damage = fc.record({
      which: fc.nat(kinds.length - 1),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
      changes: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
        minLength: 1,
        maxLength: 8,
      }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ which, cut, changes }) => {
        const { bytes, description } = whole[which]!;
        const damaged = bytes.slice(0, Math.ceil((cut ?? 1) * bytes.length));
        for (const [at, value] of changes) damaged[Math.floor(at * damaged.length)] = value;
        try {
          await codecs.decode(damaged, description);
        } catch (error) {
          assert.ok(error instanceof DicomError, String(error));
        }
      }),
      { numRuns: MUTANTS },
    );
    const frame = await codecs.decode(whole[0]!.bytes, whole[0]!.description); // as if nothing had been
    assert.equal(frame.samples.length > 0, true);
  });
}
