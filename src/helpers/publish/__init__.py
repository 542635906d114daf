"""From notebooks to pages: parameters, the graph, execution, rendering, the site, verification."""
