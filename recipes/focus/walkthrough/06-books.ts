// src/books.ts
import type { Config } from "./config";
import { getJson } from "./http";

export interface Book {
  readonly isbn: string;
  readonly title: string;
  readonly author: string;
  readonly year: number;
  readonly shelf: string;
}

export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

export async function* allBooks(config: Config): AsyncGenerator<Book> {
  let path: string | null = `/books?limit=${config.pageSize}`;
  while (path !== null) {
    const page: Page<Book> = await getJson<Page<Book>>(config, path);
    yield* page.items;
    path = page.next;
  }
}

export function byShelf(books: Book[]): Map<string, Book[]> {
  const shelves = new Map<string, Book[]>();
  for (const book of books) {
    const shelf = shelves.get(book.shelf) ?? [];
    shelf.push(book);
    shelves.set(book.shelf, shelf);
  }
  for (const shelf of shelves.values()) shelf.sort((a, b) => a.author.localeCompare(b.author) || a.year - b.year);
  return shelves;
}
