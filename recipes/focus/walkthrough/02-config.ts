// src/config.ts
export interface Config {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly pageSize: number;
  readonly retries: number;
}

const defaults: Config = { baseUrl: "https://shelf.example/api", timeoutMs: 5000, pageSize: 20, retries: 2 };

export function readConfig(values: Record<string, string | undefined>): Config {
  const whole = (name: string, fallback: number): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    const number = Number(text);
    if (!Number.isInteger(number) || number < 0) throw new Error(`${name} should be a whole number, not '${text}'`);
    return number;
  };
  return {
    baseUrl: values["SHELF_URL"] ?? defaults.baseUrl,
    timeoutMs: whole("SHELF_TIMEOUT_MS", defaults.timeoutMs),
    pageSize: whole("SHELF_PAGE_SIZE", defaults.pageSize),
    retries: whole("SHELF_RETRIES", defaults.retries),
  };
}
