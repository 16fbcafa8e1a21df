// src/http.ts
import type { Config } from "./config";

export class HttpError extends Error {
  constructor(readonly status: number, readonly url: string) { super(`${url} answered ${status}`); }
}

export async function getJson<T>(config: Config, path: string): Promise<T> {
  const url = config.baseUrl + path;
  for (let attempt = 0; ; ++attempt) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), config.timeoutMs);
    try {
      const response = await fetch(url, { signal: abort.signal });
      if (response.ok) return (await response.json()) as T;
      if (response.status < 500 || attempt >= config.retries) throw new HttpError(response.status, url);
    } finally {
      clearTimeout(timer);
    }
    await new Promise(resolve => setTimeout(resolve, 100 * 2 ** attempt));
  }
}
