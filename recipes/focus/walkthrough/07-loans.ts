// src/loans.ts
export interface Loan {
  readonly isbn: string;
  readonly borrower: string;
  readonly from: string;
  readonly until: string | null;
}

const dayMs = 24 * 60 * 60 * 1000;

export function daysOut(loan: Loan, today: Date): number {
  const end = loan.until === null ? today : new Date(loan.until);
  return Math.floor((end.getTime() - new Date(loan.from).getTime()) / dayMs);
}

export function overdue(loans: Loan[], today: Date, allowedDays = 28): Loan[] {
  return loans
    .filter(loan => loan.until === null && daysOut(loan, today) > allowedDays)
    .sort((a, b) => daysOut(b, today) - daysOut(a, today));
}

export function neverBorrowed(isbns: string[], loans: Loan[]): string[] {
  const seen = new Set(loans.map(loan => loan.isbn));
  return isbns.filter(isbn => !seen.has(isbn));
}
