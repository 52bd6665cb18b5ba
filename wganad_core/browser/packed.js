// What `packed.py` writes: base64 of gzipped bytes, the length of a JSON header, the header, arrays.

export async function unpackText(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  // A copy: typed arrays must begin at even places, and the header has any length.
  return { header, payload: buffer.slice(4 + length) };
}
