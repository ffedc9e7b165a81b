// MapLibre works in a second thread; its program is a file of our own site.
import "maplibre-gl/dist/maplibre-gl-worker.mjs";
