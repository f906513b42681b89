/**
 * The values that travel from stage to stage, and from the engine to the app: the words of
 * facings/types.py. Boxes are in pixels of the frame, x right and y down. GTINs are GTIN-14.
 */

/** Left, top, right, bottom in pixels of the frame. */
export type BoxXyxy = readonly [left: number, top: number, right: number, bottom: number]

/** Corners of a front in pixels of the frame, clockwise from the top left. */
export type Quad = readonly [Point, Point, Point, Point]
export type Point = readonly [x: number, y: number]

export interface FrameSize {
  readonly width: number
  readonly height: number
}

/** A facing found in one frame. */
export interface Detection {
  readonly boxXyxy: BoxXyxy
  /** How sure the detector is that a product stands here, in [0, 1]. */
  readonly score: number
  /** Its front's corners; null where the detector knows of none. */
  readonly quad: Quad | null
}

/** A product that a facing may be. */
export interface Alternative {
  readonly gtin: string
  /** Dot product with its nearest catalogue picture, in [-1, 1]. */
  readonly similarity: number
  /** Null where the recogniser does not know it. */
  readonly name: string | null
}

/** What one look at one facing said: never a forced guess. */
export interface Recognition {
  readonly state: 'recognised' | 'ambiguous' | 'unknown'
  /** GTIN-14 when recognised, else null. */
  readonly gtin: string | null
  /** That the first alternative is what stands here, in [0, 1]. */
  readonly probability: number
  /** Best first; the first is the match when recognised. */
  readonly alternatives: readonly Alternative[]
}

/**
 * finding: seen, not looked at closely yet; recognising: on its way; waiting: for the network;
 * recognised, ambiguous, unknown: what the votes over frames say.
 */
export type TrackState =
  | 'finding'
  | 'recognising'
  | 'recognised'
  | 'ambiguous'
  | 'unknown'
  | 'waiting'

/** One facing followed from frame to frame. */
export interface Track {
  /** Never used again for another facing. */
  readonly id: number
  /** Where it is now, between detections too. */
  readonly boxXyxy: BoxXyxy
  readonly score: number
  readonly state: TrackState
  /** What the votes say; null before the first answer. It changes only when they turn. */
  readonly recognition: Recognition | null
}

export type Hint = 'hold-still' | 'closer' | 'too-dark'

/** How fast it runs here; null where nothing was measured yet. */
export interface Speed {
  readonly overlayFps: number | null
  readonly detectFps: number | null
  readonly detectMs: number | null
  /** Of one facing. */
  readonly embedMs: number | null
  /** Of one facing with the pictures of what it may be. */
  readonly compareMs: number | null
  /** Of the print on one facing. */
  readonly readMs: number | null
  readonly backend: 'wasm' | 'webgpu'
  readonly threads: number
}

/** loading: models on their way; slow: backed off to spare the battery; stopped: no camera. */
export type EngineState = 'stopped' | 'loading' | 'running' | 'slow' | 'paused' | 'failed'

/** Everything the app shows of one moment. */
export interface LiveSnapshot {
  readonly engine: EngineState
  /** What went wrong, in a sentence for a person; null unless engine is "failed". */
  readonly problem: string | null
  /** Of models loaded, in [0, 1]. */
  readonly loaded: number
  /** Of the camera's frame, in which boxes are given. */
  readonly frameSize: FrameSize
  /** From top to bottom, each row from left to right as far as can be told. */
  readonly tracks: readonly Track[]
  readonly hint: Hint | null
  readonly speed: Speed
}

/** Which embedder made a vector: vectors of two embedders never meet. */
export interface EmbedderId {
  readonly name: string
  readonly version: number
  /** Of the published fp32 weights, in hex. */
  readonly sha256: string
}

/** A facing of the frame that was recognised before: its size tells the others'. */
export interface Witness {
  readonly boxXyxy: BoxXyxy
  readonly gtin: string
}

/** How alike a facing is to pictures of products, where these differ, in [-1, 1], by GTIN. */
export type Likeness = ReadonlyMap<string, number>

/** A facing as it leaves for recognition: no picture, only numbers. */
export interface EmbeddedFacing {
  readonly boxXyxy: BoxXyxy
  readonly score: number
  /** Unit vector x 127. */
  readonly vectorI8: Int8Array
  /** (C, H, W) what is printed where, each cell a unit vector x 127; null where not computed. */
  readonly artworkI8: Int8Array | null
  /** Lines of print that were read on it, in no order; none where it was not read. */
  readonly printed: readonly string[]
  /** To pictures of what it may be; empty where it was compared with none. */
  readonly likeness: Likeness
}
