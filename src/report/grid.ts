/** Rows of plain text under a head, the same for every rendering; all but the first column are figures. */
export interface Grid {
  title: string;
  /** The telling columns first: narrow places leave out the last. */
  head: string[];
  rows: string[][];
  /** What the table comes to, one sentence each. */
  says: string[];
}
