import type { Resource } from "./resource.ts";

const IMAGE_POSITION = "00200032";
const IMAGE_ORIENTATION = "00200037";

/** Cosines of normals that count as parallel differ by no more. */
const PARALLEL = 1e-3;

type Vector = readonly [number, number, number];

/**
 * The instances of a series in the order of their slices: along the normal of the first one's plane if all are
 * parallel to it, each at a place of its own; else by their index in the series (as Orthanc orders them).
 */
export function orderSlices(instances: readonly Resource[]): readonly Resource[] {
  const distances = slicePlaces(instances);
  const keys = distances ?? instances.map(({ indexInSeries }) => indexInSeries ?? Infinity);
  return instances.map((instance, at) => ({ instance, key: keys[at]! }))
    .toSorted((a, b) => a.key === b.key ? 0 : a.key - b.key)
    .map(({ instance }) => instance);
}

/** Whether the slices are a stack, so that their order is one in space: a single one is not. */
export function isVolume(instances: readonly Resource[]): boolean {
  return instances.length > 1 && slicePlaces(instances) !== undefined;
}

/** How far along the common normal each slice is; undefined if they are no stack. */
function slicePlaces(instances: readonly Resource[]): number[] | undefined {
  const normal = instances[0] && normalOf(instances[0]);
  if (!normal) return undefined;
  const places: number[] = [];
  for (const instance of instances) {
    const position = numbersOf(instance, IMAGE_POSITION, 3);
    const own = normalOf(instance);
    if (!position || !own || dot(own, normal) < 1 - PARALLEL) return undefined;
    places.push(dot(position as unknown as Vector, normal)); // of three numbers
  }
  return new Set(places).size === places.length ? places : undefined;
}

/** The unit vector across the rows and columns of a slice. */
function normalOf(instance: Resource): Vector | undefined {
  const orientation = numbersOf(instance, IMAGE_ORIENTATION, 6);
  if (!orientation) return undefined;
  const [ax, ay, az, bx, by, bz] = orientation as unknown as [...Vector, ...Vector]; // of six numbers
  const normal: Vector = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
  const length = Math.sqrt(dot(normal, normal));
  return length > 0 ? normal.map((part) => part / length) as unknown as Vector : undefined;
}

function dot([ax, ay, az]: Vector, [bx, by, bz]: Vector): number {
  return ax * bx + ay * by + az * bz;
}

function numbersOf({ tags }: Resource, tag: string, count: number): number[] | undefined {
  const text = tags[tag];
  if (typeof text !== "string") return undefined;
  const numbers = text.split("\\").map(Number);
  return numbers.length === count && numbers.every(Number.isFinite) ? numbers : undefined;
}
