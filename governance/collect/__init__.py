"""The world to inputs: the manifest, the files it names, lineage events, grants and documents. Nothing is fetched."""
