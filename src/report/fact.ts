/** A label and what it stands for, in plain text that its rendering has to escape. */
export type Fact = readonly [label: string, text: string];
