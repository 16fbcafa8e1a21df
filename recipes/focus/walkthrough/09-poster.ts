// src/poster.ts
// The picture of the heron on the poster, as plain shapes.
interface Shape { readonly kind: "line" | "circle"; readonly points: number[]; readonly width: number }

const heron: Shape[] = [
  { kind: "circle", points: [120, 60, 14], width: 2 },
  { kind: "line", points: [134, 60, 176, 66], width: 2 },
  { kind: "line", points: [112, 72, 96, 130], width: 6 },
  { kind: "line", points: [96, 130, 60, 160], width: 18 },
  { kind: "line", points: [70, 168, 70, 230], width: 3 },
  { kind: "line", points: [86, 160, 90, 230], width: 3 },
];

export function draw(shapes: Shape[] = heron, ink = "#2f6b4f"): string {
  const body = shapes.map(({ kind, points, width }) =>
    kind === "circle"
      ? `<circle cx="${points[0]}" cy="${points[1]}" r="${points[2]}" fill="none" stroke="${ink}" stroke-width="${width}"/>`
      : `<line x1="${points[0]}" y1="${points[1]}" x2="${points[2]}" y2="${points[3]}" stroke="${ink}" stroke-width="${width}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 240">${body.join("")}</svg>`;
}
