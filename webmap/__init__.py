"""What people look at: pages, Folium maps, the browser's modules and styles."""
