// What the fields of an import are called.

import { t } from "wangge/core/words.js";

/** Fields that say where a row lies. */
export const PLACE_FIELDS = ["lon", "lat", "position", "wkt"];

const NAMES = {
  code: t("Code"),
  name: t("Name"),
  level: t("Level"),
  parent_code: t("Code of the area above"),
  area_code: t("Code of its area"),
  compound_code: t("Code of its compound"),
  households: t("Households"),
  residents: t("Residents"),
  type: t("Type"),
  closed: t("Gated"),
  property_firm: t("Property firm"),
  use: t("Use"),
  floors: t("Floors"),
  entrances: t("Entrances"),
  elderly: t("Elderly residents"),
  kind: t("Kind"),
  equipment: t("Equipment"),
  hours: t("Opening hours"),
  address: t("Address"),
  telephone: t("Telephone"),
  floor_area_m2: t("Floor area"),
  oneway: t("One way"),
  bridge: t("Bridge"),
  tunnel: t("Tunnel"),
  external_id: t("Number at its source"),
  source: t("Source"),
  category: t("Category of the case"),
  state: t("State"),
  reported_at: t("Reported at"),
  due_at: t("Due at"),
  closed_at: t("Closed at"),
  title: t("Title"),
  description: t("Description"),
  reporter_name: t("Reporter’s name"),
  reporter_telephone: t("Reporter’s telephone"),
  lon: t("Longitude"),
  lat: t("Latitude"),
  position: t("Longitude and latitude in one"),
  wkt: t("Shape as text (WKT)"),
};

/** The name of a field. */
export function fieldName(field) {
  return NAMES[field] ?? field;
}
