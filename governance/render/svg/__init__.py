"""Pictures for pages: SVG without styles of its own. Colours are classes of the page's style sheet."""
