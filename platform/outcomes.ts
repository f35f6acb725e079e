/** Where the join keeps what it found the prediction of; a model's name and a slash follow. */
export const JOINED = 'ground-truth/joined/';
