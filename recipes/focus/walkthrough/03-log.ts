// src/log.ts
export type Level = "debug" | "info" | "warn" | "error";
const order: Level[] = ["debug", "info", "warn", "error"];

export class Logger {
  constructor(private readonly least: Level = "info", private readonly write = (line: string) => console.error(line)) {}

  log(level: Level, message: string, fields: Record<string, unknown> = {}): void {
    if (order.indexOf(level) < order.indexOf(this.least)) return;
    const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join("");
    this.write(`${new Date().toISOString()} ${level} ${message}${rest}`);
  }
  info(message: string, fields?: Record<string, unknown>): void { this.log("info", message, fields); }
  warn(message: string, fields?: Record<string, unknown>): void { this.log("warn", message, fields); }
}

export const logger = new Logger();
