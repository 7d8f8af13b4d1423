"""Tests of pbxlink alone: no database, no framework; servers only where the thing tested speaks to one."""
