/** Name and version of what wrote an event, as it stands in the record. */
export const SOFTWARE = 'amana/0.1.0';
