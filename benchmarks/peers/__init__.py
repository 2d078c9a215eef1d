"""What others would load the lake with: SQLMesh, and a bare script. Each makes the star in its own usual way.

`sqlmesh/` is a project of SQLMesh, which runs in an environment of its own; `script.py` is the script.
"""
