// Notation of docs/protocol.md, section 2.
import { createHash } from 'node:crypto';

export const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

export function u32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}

/** The length of x in four bytes, then x. */
export const lp4 = (x) => Buffer.concat([u32(x.length), x]);

/** A label that is followed by a zero byte. */
export const label = (text) => Buffer.from(`${text}\0`, 'ascii');

/** Ends the program with a reason when something does not hold. */
export function must(holds, what) {
    if (!holds) throw new Error(what);
}
