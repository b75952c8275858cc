/* What may be added to a message, decided before anything is uploaded; the server decides again. */
export const MEGABYTE = 1024 * 1024;
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export class Room {
  constructor({ limit, most, count = 0 }) {
    this.limit = limit;
    this.most = most;
    this.count = count;
  }

  /* "" when the file may come, else the name of the sentence that refuses it. */
  refusal(file) {
    if (this.count >= this.most) return "tooMany";
    if (file.size === 0) return "empty";
    return file.size > this.limit ? "tooLarge" : "";
  }
}

export function isPicture(file) {
  return PICTURES.has(file.type);
}

/* Whether a paste is meant as files: a spreadsheet or a word processor also puts a picture of its text on the clipboard. */
export function isPasteOfFiles({ files, html }) {
  return files > 0 && !(html ?? "").replace(/<style[\s\S]*?<\/style>|<!--[\s\S]*?-->|<[^>]*>/gi, "").trim();
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function readableSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < MEGABYTE ? [bytes / 1024, "kB"] : [bytes / MEGABYTE, "MB"];
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${unit}`;
}
