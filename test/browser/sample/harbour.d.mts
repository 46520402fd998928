export function fillHarbour(url: string, setDaysAgo?: (days: number) => Promise<void>): Promise<void>;
