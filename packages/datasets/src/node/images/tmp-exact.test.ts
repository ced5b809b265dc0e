import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { decodeImages } from "./decode-image.ts";
import { findImages } from "./find-images.ts";
import { imageRuns } from "./image-header.ts";
const dir = "/tmp/im/";
const npy = (expr: string) => JSON.parse(execFileSync("/tmp/pyenv/bin/python", ["-c", `import numpy as np,json,os;os.chdir('${dir}');a=(${expr}).astype(np.float32);print(json.dumps(a.ravel().tolist()))`], { maxBuffer: 1e9 }).toString());
const gray = "lambda x:x";
const cases: [string, 1 | 3, string][] = [
  ["g16.png", 1, "np.arange(1024)*64/65535"], ["g12.png", 1, "np.arange(1024)*4/65535"], ["g16.tif", 1, "np.arange(1024)*64/65535"], ["big.tif", 1, "np.arange(1024)*64/65535"], ["be.tif", 1, "np.arange(1024)*64/65535"], ["tiled.tif", 1, "np.arange(1024)*64/65535"], ["defl.tif", 1, "np.arange(1024)*64/65535"], ["pyr.tif", 1, "np.arange(1024)*64/65535"],
  ["rgb16.png", 3, "np.load('rgb16.npy')/65535"], ["rgb16.tif", 3, "np.load('rgb16.npy')/65535"], ["rgb16icc.png", 3, "np.load('rgb16.npy')/65535"],
  ["f32.tif", 1, "np.load('f32.npy')"], ["f32big.tif", 1, "np.load('f32big.npy')"], ["f32rgb.tif", 3, "np.load('f32rgb.npy')"],
  ["f32rgb.tif", 1, "np.load('f32rgb.npy').astype(float)@[.2126,.7152,.0722]"],
  ["int8.tif", 1, "np.load('int8.npy')"], ["int32.tif", 1, "np.load('int32.npy')"], ["uint32.tif", 1, "np.load('uint32.npy')"],
  ["rgb.png", 3, "np.load('rgb.npy')/255"], ["rgb.tif", 3, "np.load('rgb.npy')/255"], ["rgbplanar.tif", 3, "np.load('rgb.npy')/255"], ["rgb.bmp", 3, "np.load('rgb.npy')/255"],
  ["pal.png", 3, "np.load('pal.npy')/255"], ["pal.tif", 3, "np.load('pal.npy')/255"], ["pal.bmp", 3, "np.load('pal.npy')/255"],
  ["one.png", 1, "np.load('one.npy')/255"], ["one.tif", 1, "np.load('one.npy')/255"], ["one_g4.tif", 1, "np.load('one.npy')/255"], ["one.bmp", 1, "np.load('one.npy')/255"],
  ["g.bmp", 1, "np.load('g.npy')/255"], ["miniswhite.tif", 1, "(255-np.load('g.npy'))/255"],
  ["la.png", 1, "(lambda a:np.round(a[...,0]*(a[...,1]/255)+255*(1-a[...,1]/255))/255)(np.load('la.npy').astype(float))"],
  ["rgba.png", 3, "(lambda a:np.round(a[...,:3]*(a[...,3:]/255)+255*(1-a[...,3:]/255))/255)(np.load('rgba.npy').astype(float))"],
  ["rgba.tif", 3, "(lambda a:np.round(a[...,:3]*(a[...,3:]/255)+255*(1-a[...,3:]/255))/255)(np.load('rgba.npy').astype(float))"],
  ["rgba_unspec.tif", 3, "np.load('rgba.npy')[...,:3]/255"],
  ["rgba16.png", 3, "(lambda a:np.round(a[...,:3]*(a[...,3:]/65535)+65535*(1-a[...,3:]/65535))/65535)(np.load('rgba16.npy').astype(float))"],
  ["ga16.png", 1, "(lambda a:np.round(a[...,0]*(a[...,1]/65535)+65535*(1-a[...,1]/65535))/65535)(np.load('ga16.npy').astype(float))"],
  ["cmyk.jpg", 3, "np.load('cmyk.npy')/255"], ["cmyk.tif", 3, "np.load('cmyk.npy')/255"],
  ["stack.tif", 1, "np.load('stack.npy')/255"], ["anim.gif", 3, "np.load('anim.npy')/255"], ["anim.webp", 3, "np.load('anim.npy')/255"],
  ["stack_ij.tif", 1, "__import__('tifffile').imread('stack_ij.tif')/65535"],
  ["paltrns.png", 3, "(lambda a:np.round(a[...,:3]*(a[...,3:]/255)+255*(1-a[...,3:]/255))/255)(np.asarray(__import__('PIL.Image').Image.open('paltrns.png').convert('RGBA')).astype(float))"],
  ["gtrns.png", 1, "(lambda a:np.round(a[...,0]*(a[...,3]/255)+255*(1-a[...,3]/255))/255)(np.asarray(__import__('PIL.Image').Image.open('gtrns.png').convert('RGBA')).astype(float))"],
  ...["png", "tif", "webp", "jpg"].flatMap((e) => Array.from({ length: 8 }, (_, i): [string, 1, string] => [`o${i + 1}.${e}`, 1, `np.load('o${i + 1}.${e === "tif" ? "png" : e}.npy')/255`])),
];
test.each(cases)("%s %i", async (name, channels, expr) => {
  const [image] = (await findImages(dir + name)).images;
  const runs = await imageRuns(image);
  const values: number[] = [];
  for (const run of runs) {
    for (const { values: v } of await decodeImages(run, run.page, run.pages, { channels, background: [255, 255, 255] })) for (const x of v) values.push(x);
  }
  const want = npy(expr);
  expect(values.length).toBe(want.length);
  const worst = values.reduce((w, v, i) => Math.max(w, Math.abs(v - want[i])), 0);
  if (worst > 0) throw new Error(`worst ${worst} ${values.slice(0, 6)} | ${want.slice(0, 6)} ${JSON.stringify(runs[0]?.traits)}`);
});
