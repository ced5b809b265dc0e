export { type ChildProcessOptions, childProcessExecutor } from "./node/child-process-executor.ts";
export { expandHome, findFile } from "./node/find-file.ts";
export { lockFolder } from "./node/folder-lock.ts";
export { Interrupted, type InterruptibleOptions, interruptible } from "./node/interruptible.ts";
export { defaultFolder, nextFreeFolder } from "./node/next-free-folder.ts";
export { findData } from "./node/recipe-data.ts";
export { ownRecipes, readRecipes } from "./node/recipe-folder.ts";
export { folderStore, makeFolder } from "./node/run-folder.ts";
export { writeWhole } from "./node/write-file.ts";
