module.exports = {
  mode: "production",
  entry: "./app.js",
  output: { path: `${__dirname}/dist`, filename: "app.js", publicPath: "auto", module: true, chunkFormat: "module" },
  experiments: { outputModule: true },
  performance: { hints: false },
};
