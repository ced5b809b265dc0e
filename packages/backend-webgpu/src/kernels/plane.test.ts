import { expect, test } from "vitest";
import { planeOf } from "./plane.ts";
import type { GpuBackend } from "./program.ts";

test("lanes share sums where a workgroup's memory has room for the plane and the parts, and a plane that fits alone is still made", () => {
  const backend = { device: { limits: { maxComputeWorkgroupStorageSize: 16384 } } } as unknown as GpuBackend;
  const plane = (lines: number) => planeOf(backend, [lines, 8], [4, 4], { terms: 16 });
  expect(plane(8)?.declarations).toContain("shared_");
  // 8 bytes for each of 4 columns, 7 rows and 505 lines are all there is.
  expect(plane(505)).toBeDefined();
  expect(plane(505)?.declarations).not.toContain("shared_");
  expect(plane(506)).toBeUndefined();
});
