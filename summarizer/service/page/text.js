// What a text needs before it is shown: places counted as the record counts them, visible
// forms of control characters, paragraphs, and overlapping spans cut into segments.

// The record counts code points, a string of JavaScript UTF-16 units. They differ where a
// text holds emoji or other characters beyond U+FFFF.
export class Places {
  constructor(text) {
    this.text = text;
    this.starts = null;
    if (/[\ud800-\udbff][\udc00-\udfff]/.test(text)) {
      const starts = new Uint32Array(text.length + 1);
      let count = 0;
      for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) {
        starts[count++] = at;
      }
      starts[count] = text.length;
      this.starts = starts.subarray(0, count + 1);
    }
    this.length = this.starts ? this.starts.length - 1 : text.length;
  }

  // The UTF-16 unit at which the code point with this number begins.
  unit(offset) {
    const inside = Math.min(Math.max(offset, 0), this.length);
    return this.starts ? this.starts[inside] : inside;
  }

  // Where a span stands, in UTF-16 units and without the spaces that it begins with, or null
  // if the text does not say there what the span says: then nothing is highlighted.
  find(span) {
    const start = this.unit(span.start);
    const end = this.unit(span.end);
    if (this.text.slice(start, end) !== span.text) return null;
    return { start: end - span.text.replace(/^[ \t\r\n]+/, "").length, end };
  }
}

// Control characters, and those that turn the order of a text around, as the renderings of
// `summarizer.render` show them: with one visible character each, so that places hold.
const HIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/gu;

export function shown(text) {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

// At least two line ends with nothing but spaces between them part paragraphs.
const BLANK = /(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))+/g;

// The text's paragraphs as [start, end), in order; between them stand blank lines.
export function paragraphs(text) {
  const found = [];
  let from = 0;
  for (const blank of text.matchAll(BLANK)) {
    if (blank.index > from) found.push({ start: from, end: blank.index });
    from = blank.index + blank[0].length;
  }
  if (from < text.length) found.push({ start: from, end: text.length });
  return found;
}

// Whether a paragraph's lines end where a text filled to `measure` characters breaks them:
// such line ends carry no meaning, and a narrow page is better read without them.
export function isFilled(paragraph, measure) {
  const lines = paragraph.split(/\r\n|\r|\n/);
  return measure >= 50 && measure <= 120 && lines.length > 1 && lines.slice(1).every(
    (line, number) => lines[number].length + 1 + line.split(" ", 1)[0].length > measure,
  );
}

export function measureOf(text) {
  let most = 0;
  for (const line of text.split(/\r\n|\r|\n/)) most = Math.max(most, line.length);
  return most;
}

// [start, end) cut wherever one of `marks` starts or ends: each segment with the marks that
// lie over it, and whether one of them starts there.
export function segments(start, end, marks) {
  const inside = marks.filter((mark) => mark.start < end && mark.end > start);
  const edges = new Set([start, end]);
  for (const mark of inside) {
    edges.add(Math.max(mark.start, start));
    edges.add(Math.min(mark.end, end));
  }
  const sorted = [...edges].sort((one, other) => one - other);
  return sorted.slice(0, -1).map((from, number) => {
    const to = sorted[number + 1];
    const over = inside.filter((mark) => mark.start < to && mark.end > from);
    return { start: from, end: to, marks: over, opens: over.some((mark) => mark.start === from) };
  });
}
