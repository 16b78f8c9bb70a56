// The middle of figures, and tables of them.

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Prints a row of a table. */
export const line = ([first, ...rest]) =>
  console.log(`${first.padEnd(48)}${rest.map((cell) => String(cell).padStart(12)).join('')}`);
