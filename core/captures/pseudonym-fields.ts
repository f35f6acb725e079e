/**
 * Fields that pseudonyms of a request's unit and principal are made for, so that they are no feature's: no header and no
 * claim has such a name.
 */
export const UNIT_FIELD = 'request:unit';
export const PRINCIPAL_FIELD = 'request:principal';
