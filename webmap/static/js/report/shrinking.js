// Photos made small before they are sent: a slow line carries 300 KB, not 8 MB.

import { readExif } from "wangge/report/exif.js";

const QUALITY = 0.8;

/**
 * {blob, place} of a photo that was chosen: JPEG with at most `side` pixels a side, upright; what
 * its camera wrote goes along, for the server to read and remove. What this browser cannot draw is
 * given as it is, for the server to say what is wrong with it.
 */
export async function shrink(file, side) {
  const buffer = await file.arrayBuffer();
  const exif = readExif(buffer);
  const place = exif?.place ?? null;
  try {
    const drawn = await draw(file, side);
    if (!drawn) return { blob: file, place };
    const parts = exif ? [drawn.slice(0, 2), exif.segment, drawn.slice(2)] : [drawn];
    return { blob: new Blob(parts, { type: "image/jpeg" }), place };
  } catch {
    return { blob: file, place };
  }
}

async function draw(file, side) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}
