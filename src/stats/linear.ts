/** Solves a small system of linear equations by Gauss-Jordan elimination with pivoting. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    const pivot = rows.reduce(
      (best, row, index) =>
        index > column && Math.abs(row[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)
          ? index
          : best,
      column,
    );
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    const own = rows[column] ?? [];
    rows.forEach((row, index) => {
      if (index === column) return;
      const factor = (row[column] ?? 0) / (own[column] ?? 1);
      for (let other = column; other <= size; other += 1) {
        row[other] = (row[other] ?? 0) - factor * (own[other] ?? 0);
      }
    });
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}
