/** C = op(A) op(B) for batches of matrices. */
import { PANEL_COLUMNS, PANEL_ROWS } from "./layout";
import { address, barrier, int, next } from "./parallel";
import { leftPanels, multiplyBlock, packLeft, packRight, rightPanels } from "./tiles";

/** Panels that one thread packs at a time. */
const packed: i32 = 8;

/**
 * C[s] = A[s] B[s], or C[s] + A[s] B[s]: every operand is packed once, by all threads; then they take blocks of C.
 * 2 S M N K operations; 4 S (2 M K + 2 K N + M N) bytes, and each packed panel again from cache for every block that needs it.
 *
 * Arguments: table of S addresses of A, then S of B, then S of C; S; M, N, K; strides of A by row and by depth, of B by column and
 * by depth, of C by row; whether A, B are the same for all s; packed A and B; panels of rows and of columns in a block; accumulate.
 */
export function matMul(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const table = address(block, 0);
  const count = int(block, 1);
  const rows = int(block, 2);
  const columns = int(block, 3);
  const depth = int(block, 4);
  const rowStrideA = int(block, 5);
  const depthStrideA = int(block, 6);
  const columnStrideB = int(block, 7);
  const depthStrideB = int(block, 8);
  const strideC = int(block, 9);
  const sharedA = int(block, 10) != 0;
  const sharedB = int(block, 11) != 0;
  const left = address(block, 12);
  const right = address(block, 13);
  const blockRows = int(block, 14);
  const blockColumns = int(block, 15);
  const accumulate = int(block, 16) != 0;

  const panelsA = leftPanels(rows);
  const panelsB = rightPanels(columns);
  const sizeA = (<usize>panelsA * depth * PANEL_ROWS) << 2;
  const sizeB = (<usize>panelsB * depth * PANEL_COLUMNS) << 2;

  const partsA = (panelsA + packed - 1) / packed;
  const tasksA = (sharedA ? 1 : count) * partsA;
  for (let task = next(block, 0); task < tasksA; task = next(block, 0)) {
    const s = task / partsA;
    const from = (task % partsA) * packed;
    const source = address(table, s);
    packLeft(source, rowStrideA, depthStrideA, rows, depth, from, min(from + packed, panelsA), left + <usize>s * sizeA);
  }
  const partsB = (panelsB + packed - 1) / packed;
  const tasksB = (sharedB ? 1 : count) * partsB;
  for (let task = next(block, 1); task < tasksB; task = next(block, 1)) {
    const s = task / partsB;
    const from = (task % partsB) * packed;
    const to = min(from + packed, panelsB);
    const source = address(table, count + s);
    packRight(source, columnStrideB, depthStrideB, columns, depth, from, to, right + <usize>s * sizeB);
  }
  barrier(block);

  const down = (panelsA + blockRows - 1) / blockRows;
  const across = (panelsB + blockColumns - 1) / blockColumns;
  const tasks = count * down * across;
  for (let task = next(block, 2); task < tasks; task = next(block, 2)) {
    const s = task / (down * across);
    const within = task % (down * across);
    const row = (within % down) * blockRows;
    const column = (within / down) * blockColumns;
    multiplyBlock<f32>(
      sharedA ? left : left + <usize>s * sizeA,
      sharedB ? right : right + <usize>s * sizeB,
      depth,
      address(table, 2 * count + s),
      rows,
      columns,
      strideC,
      row,
      min(row + blockRows, panelsA),
      column,
      min(column + blockColumns, panelsB),
      accumulate,
      scratch,
    );
  }
}
