import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import resolve from "@rollup/plugin-node-resolve";

export default {
  input: ["app.js", "worker.js"],
  output: { dir: "dist", format: "es" },
  plugins: [resolve({ browser: true }), commonjs(), json()],
};
