// What a camera wrote into a JPEG (Exif 2.32): its block as it is, and where it was.

const ORIENTATION = 0x0112;
const GPS = 0x8825;

/**
 * {segment, place} of a JPEG, or null: `segment` is the block with the picture marked as upright,
 * `place` {lon, lat} in degrees or null. The datum is what the phone meant: WGS 84, or GCJ-02.
 */
export function readExif(buffer) {
  try {
    const block = find(new DataView(buffer));
    return block && { segment: upright(buffer, block), place: place(new DataView(buffer), block) };
  } catch {
    return null; // tags that lead out of the file
  }
}

/** Where the block is: {start, end} of the segment with its marker, `tiff`, and the byte order. */
function find(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const [marker, length] = [view.getUint8(at + 1), view.getUint16(at + 2)];
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) {
      const tiff = at + 10;
      return { start: at, end: at + 2 + length, tiff, little: view.getUint16(tiff) === 0x4949 };
    }
    if (marker === 0xda) return null;
    at += 2 + length;
  }
  return null;
}

function* entries(view, { tiff, little }, offset) {
  const count = view.getUint16(tiff + offset, little);
  for (let k = 0; k < count; k++) {
    const at = tiff + offset + 2 + 12 * k;
    yield { tag: view.getUint16(at, little), at, value: at + 8 };
  }
}

function upright(buffer, block) {
  const copy = buffer.slice(block.start, block.end);
  const view = new DataView(buffer);
  for (const { tag, value } of entries(view, block, view.getUint32(block.tiff + 4, block.little))) {
    if (tag === ORIENTATION) new DataView(copy).setUint16(value - block.start, 1, block.little);
  }
  return copy;
}

function place(view, block) {
  const { tiff, little } = block;
  const found = {};
  for (const { tag, value } of entries(view, block, view.getUint32(tiff + 4, little))) {
    if (tag !== GPS) continue;
    for (const one of entries(view, block, view.getUint32(value, little))) {
      if (one.tag === 1 || one.tag === 3) found[one.tag] = String.fromCharCode(view.getUint8(one.value));
      if (one.tag === 2 || one.tag === 4) found[one.tag] = degrees(view, tiff + view.getUint32(one.value, little), little);
    }
  }
  const lat = found[2] * (found[1] === "S" ? -1 : 1);
  const lon = found[4] * (found[3] === "W" ? -1 : 1);
  const isPlace = Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && (lon !== 0 || lat !== 0);
  return isPlace ? { lon, lat } : null;
}

function degrees(view, at, little) {
  const part = (k) => view.getUint32(at + 8 * k, little) / view.getUint32(at + 8 * k + 4, little);
  return part(0) + part(1) / 60 + part(2) / 3600;
}
