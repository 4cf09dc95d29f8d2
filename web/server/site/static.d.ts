// Types of `lic-codec/static`: the pictures of a site as .lic.

export interface EncoderOptions {
  /** The `lic` command, looked for on the PATH unless it has a slash. @default 'lic' */
  lic?: string;
  /** 1 (smallest) to 100 (best). @default 50 */
  quality?: number;
  /**
   * Folder in which encoded pictures are kept for the next time.
   * @default node_modules/.cache/lic-static, or the user's cache
   */
  cache?: string;
}

export interface PictureOptions extends EncoderOptions {
  /** Smaller files stay. @default 4096 */
  minBytes?: number;
  /** A picture stays unless its .lic file is smaller by so many percent. @default 10 */
  minSaving?: number;
  /** Pictures that are encoded at a time. @default the number of processors */
  jobs?: number;
}

export interface SiteOptions extends PictureOptions {
  /** The site: HTML pages and PNG or JPEG files. */
  folder: string;
  /**
   * Where the new site goes. The same folder is changed in place; do that only with what a build makes anew.
   * @default folder
   */
  out?: string;
  /**
   * The path at which the site will lie on its server; or an address, where its files but not its pages lie on another
   * server, which must send `Access-Control-Allow-Origin`.
   * @default '/'
   */
  base?: string;
  /** Encode and count, write nothing but the cache. @default false */
  dryRun?: boolean;
}

export interface PictureReport {
  /** Path below the site's folder. */
  readonly file: string;
  readonly bytes: number;
  /** Of the .lic file that pages show now, or null. */
  readonly licBytes: number | null;
  /** Why the picture stays as it is, or null. */
  readonly kept: string | null;
  /** Whether it stays because it could not be encoded. */
  readonly failed: boolean;
}

export interface SiteReport {
  readonly pages: { readonly all: number; readonly rewritten: number };
  /** PNG and JPEG files of the site that pages show. */
  readonly pictures: PictureReport[];
  /** Script, decoder and model that were added; a browser loads one of two decoders. */
  readonly runtimeBytes: number;
  readonly warnings: string[];
}

/** There is no `lic` command, or it does not encode. */
export class EncoderMissing extends Error {}

/**
 * Encodes the pictures that the pages of a site show and puts `<lic-img>` around each `<img>` whose files all get
 * smaller; the rest of the pages stays byte for byte. Running it again changes nothing.
 *
 * Rejects with `EncoderMissing`, or with the error of the file system. Pictures that cannot be encoded stay, and are
 * reported.
 */
export function convertSite(options: SiteOptions): Promise<SiteReport>;
