export const DAY_MS = 24 * 3_600_000;

/** ISO 8601, as every answer and every message has it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
