// The trace context of W3C, by which servers tell calls apart that are the same otherwise.
import { randomBytes } from 'node:crypto';

/** A `traceparent`: a trace id of its own, with a parent. */
export const trace = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
