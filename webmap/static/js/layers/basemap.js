// A basemap by configuration: the operator's XYZ tiles or 天地图. Off until somebody chooses it.

const L = globalThis.L;

/** `parts` are layers of one basemap, drawn in order: [{url, subdomains, attribution}]. */
export function add(map, { parts, visible = false }) {
  const group = L.layerGroup(
    parts.map(({ url, subdomains, attribution }) =>
      L.tileLayer(url, { subdomains: subdomains ?? "abc", attribution, maxZoom: 20, maxNativeZoom: 18, pane: "tilePane" }),
    ),
  );
  if (visible) group.addTo(map);
  return { group, show: (shown) => (shown ? group.addTo(map) : group.remove()), visible: () => map.hasLayer(group) };
}
