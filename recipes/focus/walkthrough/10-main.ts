// src/main.ts
import { allBooks, byShelf, type Book } from "./books";
import { readConfig } from "./config";
import { overdue, type Loan } from "./loans";
import { table, plural } from "./table";

async function listShelves(config: ReturnType<typeof readConfig>): Promise<void> {
  const books: Book[] = [];
  for await (const book of allBooks(config)) books.push(book);
  for (const [shelf, owned] of byShelf(books)) {
    console.log(`${shelf}: ${plural(owned.length, "book")}`);
    console.log(table([{ title: "author", text: (book: Book) => book.author }, { title: "title", text: book => book.title },
                       { title: "year", text: book => String(book.year), right: true }], owned));
  }
}

function showOverdue(loans: Loan[]): void {
  const late = overdue(loans, new Date());
  console.log(late.length === 0 ? "all books are where they should be" : `${plural(late.length, "loan")} overdue`);
}

const config = readConfig(process.env);
if (process.argv[2] === "overdue") showOverdue([]);
else await listShelves(config);
