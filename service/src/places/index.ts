/**
 * places/ knows in which town or country an address is, out of a file in MaxMind's format that the operator gives
 * (PLACES_FILE). Pages ask it when they are shown; no request is decided by it, and it asks nobody.
 */
export { createPlaces, noPlaces, type Places } from './places.js'
export { openPlaceFile, type PlaceFile } from './place-file.js'
